// portal/encoding.h -- which encodings of a body a client takes (RFC 9110 §12.5.3).
#pragma once

#include <string_view>

namespace sluice::portal {

// Whether Accept-Encoding has this coding ("br"), by name or by "*", with a weight above 0.
bool Accepts(std::string_view accept_encoding, std::string_view coding);

// Whether If-None-Match has this ETag, or "*"; weak ones compare alike (RFC 9110 §13.1.2).
bool HasTag(std::string_view if_none_match, std::string_view etag);

}  // namespace sluice::portal
