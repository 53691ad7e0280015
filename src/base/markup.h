// base/markup.h -- text within XML and HTML.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// Good between tags and in quoted attributes. Control characters, which XML does not allow in any
// form, and bytes that are not UTF-8 become U+FFFD.
std::string Escaped(std::string_view text);

// Bytes that are not UTF-8 become U+FFFD.
std::string ValidUtf8(std::string_view text);

}  // namespace sluice
