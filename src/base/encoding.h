// base/encoding.h -- bytes as text: hex, base64url, percent-encoding (RFC 4648 §5, RFC 3986 §2).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

// Lower-case hex.
std::string Hex(std::string_view bytes);
void AppendHex(std::string_view bytes, std::string& out);

// URL-safe base64 without padding; its output holds only unreserved URI characters.
std::string Base64Url(std::string_view bytes);
void AppendBase64Url(std::string_view bytes, std::string& out);
// Errors: kInvalidArgument  a character outside the alphabet, padding, or an impossible length
Result<std::string> DecodeBase64Url(std::string_view text);

// Replaces %XX by the byte. A '%' that no two hex digits follow is an error, never guessed.
// Errors: kInvalidArgument
Result<std::string> PercentDecode(std::string_view text);
// Escapes all bytes but the unreserved ones (letters, digits, "-._~") and those in `keep`.
std::string PercentEncode(std::string_view text, std::string_view keep = {});

// ASCII only: protocol names are compared without regard to case.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
std::string AsciiLower(std::string_view text);

}  // namespace sluice
