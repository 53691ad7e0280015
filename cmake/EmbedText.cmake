# sluice_embed_text(target name file) -- the text of `file` as a constant of `target`:
#
#   extern const std::string_view kName;   in namespace sluice::embedded
function(sluice_embed_text target name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} SLUICE_EMBEDDED_TEXT)
  set(SLUICE_EMBEDDED_NAME ${name})
  set(source ${CMAKE_BINARY_DIR}/embedded/${name}.cc)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/embedded_text.cc.in ${source} @ONLY)
  # Every compiler we use takes a literal of this length; only -Wpedantic names the portable limit (64 KiB).
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_sources(${target} PRIVATE ${source})
endfunction()
