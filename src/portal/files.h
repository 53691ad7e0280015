// portal/files.h -- the files of the built web program, as they lie in the binary.
//
// tools/embed_folder.py makes them of a folder; the executable hands them in, so that nothing else
// needs the web to have been built.
#pragma once

#include <span>
#include <string_view>

namespace sluice::portal {

// All views are of the program itself.
struct File {
  std::string_view path;          // "/assets/index-B2x9.js": letters, digits and "._-/" alone
  std::string_view content_type;  // "text/css; charset=utf-8"
  std::string_view etag;          // W/"...": the same for all encodings, of the same content
  std::string_view plain;
  std::string_view gzip{};    // empty: there is none
  std::string_view brotli{};  // the same
};

using Files = std::span<const File>;  // by path

}  // namespace sluice::portal
