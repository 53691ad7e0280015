# sluice_embed_folder(target name folder) -- the files below `folder` as a constant of `target`:
#
#   extern const portal::Files kName;   in namespace sluice::embedded
#
# A folder that is not there, or is empty, gives no files. Done anew when the folder changes.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(sluice_embed_folder target name folder)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*)
  set(source ${CMAKE_BINARY_DIR}/embedded/${name}.cc)
  set(bytes ${CMAKE_BINARY_DIR}/embedded/${name}.bin)
  set(tool ${CMAKE_SOURCE_DIR}/tools/embed_folder.py)
  add_custom_command(OUTPUT ${source} ${bytes}
    COMMAND ${Python3_EXECUTABLE} ${tool} ${folder} ${source} --name ${name}
    DEPENDS ${tool} ${files} VERBATIM)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${bytes})
  target_sources(${target} PRIVATE ${source})
endfunction()
