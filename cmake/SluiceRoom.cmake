# sluice_room(name DEPS rooms... LIBS libraries...)
#
# One folder src/<name> = one static library sluice_<name> = one namespace = one test binary
# <name>_test. Files are found by suffix: x.cc is the room, x_test.cc its tests. A room may name
# only rooms declared before it; naming a later one is a configure error.
add_library(sluice_options INTERFACE)
target_compile_options(sluice_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # TRY as a statement: the value may go unused, as g++ sees.
  target_compile_options(sluice_options INTERFACE -Wno-unused-result)
endif()
target_include_directories(sluice_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(sluice_options INTERFACE
  SPDLOG_FMT_EXTERNAL BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION SLUICE_VERSION="${PROJECT_VERSION}")
target_link_libraries(sluice_options INTERFACE Threads::Threads)
if(SLUICE_SANITIZE)
  # A finding ends the program: a test that only prints it would pass.
  target_compile_options(sluice_options INTERFACE
    -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports false positives of these two once sanitizers rewrite the code.
    target_compile_options(sluice_options INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow)
    if(SLUICE_SANITIZE MATCHES "thread")
      # Asio's fences, which only back up its mutexes, are not seen by the sanitizer.
      target_compile_options(sluice_options INTERFACE -Wno-tsan)
    endif()
  endif()
endif()

set(SLUICE_ROOMS "" CACHE INTERNAL "rooms declared so far, bottom to top")

function(sluice_room name)
  cmake_parse_arguments(ROOM "" "" "DEPS;LIBS" ${ARGN})
  foreach(dep IN LISTS ROOM_DEPS)
    if(NOT dep IN_LIST SLUICE_ROOMS)
      message(FATAL_ERROR "room '${name}' names '${dep}', which is not below it")
    endif()
  endforeach()
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cc)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${folder}/*.h)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${folder}/*_test.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/testing/")

  set(target sluice_${name})
  add_library(${target} STATIC ${sources})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/src FILES ${headers})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON LINKER_LANGUAGE CXX)
  list(TRANSFORM ROOM_DEPS PREPEND sluice_ OUTPUT_VARIABLE rooms)
  target_link_libraries(${target} PUBLIC sluice_options ${rooms} ${ROOM_LIBS})
  set(SLUICE_ROOMS "${SLUICE_ROOMS};${name}" CACHE INTERNAL "")

  if(SLUICE_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${target} GTest::gmock_main)
    target_compile_definitions(${name}_test PRIVATE
      SLUICE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" SLUICE_SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared")
    # Tests are compiled often and run once: not optimised, they compile in two thirds of the time.
    target_compile_options(${name}_test PRIVATE $<$<CONFIG:Debug>:-O0>)
    sluice_place_engine_library(${name}_test)
    add_test(NAME unit_${name} COMMAND ${name}_test)
    set_tests_properties(unit_${name} PROPERTIES LABELS unit)
  endif()
endfunction()
enable_testing()
