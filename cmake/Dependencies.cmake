# Every dependency and its version in one place. tools/setup.sh installs them; configuring on a
# machine without them fails here, with the command to run.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths are hashed relative to the checkout, so that checkouts share what they compile.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_ABSSTDERR=1 ${SLUICE_CCACHE})
  add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
endif()
find_program(SLUICE_MOLD mold)
if(SLUICE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url json)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(fmt 9.1 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(prometheus-cpp REQUIRED)  # 1.0.1; its package file names no version
find_package(simdjson 3.0 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(pugixml 1.13 REQUIRED)
find_package(absl REQUIRED)  # for time zones, which g++ 12 does not have
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd>=1.5)
add_library(zstd::zstd ALIAS PkgConfig::ZSTD)
# Debian's SOCI 4.0.3 has no package file.
find_path(SLUICE_SOCI_HEADERS soci/soci.h REQUIRED)
foreach(part core sqlite3 postgresql)
  find_library(SLUICE_SOCI_${part} soci_${part} REQUIRED)
  add_library(soci::${part} UNKNOWN IMPORTED)
  set_target_properties(soci::${part} PROPERTIES IMPORTED_LOCATION ${SLUICE_SOCI_${part}})
endforeach()
find_package(SQLite3 3.40 REQUIRED)  # under SOCI, for its error codes and its PRAGMAs
target_link_libraries(soci::sqlite3 INTERFACE SQLite::SQLite3)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq>=15)  # under SOCI, for its statements
target_link_libraries(soci::postgresql INTERFACE PkgConfig::LIBPQ)
# SOCI's libraries do not export the type information that this check of UBSan asks for.
target_compile_options(soci::core INTERFACE
  $<$<STREQUAL:$<TARGET_PROPERTY:NAME>,sluice_db>:-fno-sanitize=vptr>)
if(SLUICE_TESTS OR SLUICE_FUZZ)
  find_package(GTest 1.12 REQUIRED)
endif()
if(SLUICE_BENCH)
  find_package(benchmark 1.7 REQUIRED)
endif()

# DuckDB comes as a prebuilt library that is opened on first use (dlopen): only its C header is
# compiled against. tools/setup.sh puts both under .deps/duckdb.
set(SLUICE_DUCKDB_DIR ${CMAKE_SOURCE_DIR}/.deps/duckdb CACHE PATH "Folder with duckdb.h and libduckdb.so")
set(SLUICE_DUCKDB_LIBRARY ${SLUICE_DUCKDB_DIR}/libduckdb.so)
if(NOT EXISTS ${SLUICE_DUCKDB_DIR}/duckdb.h)
  message(FATAL_ERROR "DuckDB is missing in ${SLUICE_DUCKDB_DIR}; run: make setup")
endif()
add_library(duckdb_header INTERFACE)
add_library(duckdb::header ALIAS duckdb_header)
target_include_directories(duckdb_header SYSTEM INTERFACE ${SLUICE_DUCKDB_DIR})
target_link_libraries(duckdb_header INTERFACE ${CMAKE_DL_LIBS})

# The product finds its engine beside itself, or in ../lib/sluice when installed.
function(sluice_place_engine_library target)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E create_symlink ${SLUICE_DUCKDB_LIBRARY}
            $<TARGET_FILE_DIR:${target}>/libduckdb.so)
endfunction()
