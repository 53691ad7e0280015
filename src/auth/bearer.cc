#include "auth/bearer.h"

#include <algorithm>

#include "auth/errors.h"
#include "base/encoding.h"

namespace sluice::auth {
namespace {

// Longer than any token that is issued, and short enough that hashing it costs nothing.
constexpr size_t kMaxTokenBytes = 8192;
constexpr size_t kPrincipalBytes = 8;

bool IsTokenByte(char byte) { return byte > ' ' && byte < '\x7f'; }

}  // namespace

SingleToken::SingleToken(std::string_view token)
    : hash_(crypto::Sha256(token)),
      principal_("recipient:" + Hex(crypto::View(hash_).substr(0, kPrincipalBytes))) {}

Result<std::string> SingleToken::Authenticate(const net::Request& request,
                                              net::Access access) const {
  const std::optional<std::string_view> token =
      BearerToken(request.headers.Find("authorization").value_or(""));
  if (access != net::Access::kRecipient) return UnknownToken();
  if (!token) return NoToken();
  // Digests are compared, so that neither time nor length tells anything of the token.
  const crypto::Digest presented = crypto::Sha256(*token);
  if (!crypto::ConstantTimeEquals(crypto::View(presented), crypto::View(hash_))) {
    return UnknownToken();
  }
  return principal_;
}

Result<std::string> NoAuthentication::Authenticate(const net::Request& /*request*/,
                                                   net::Access /*access*/) const {
  return std::string(kAnonymous);
}

std::optional<std::string_view> BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  if (!EqualsIgnoreCase(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  std::string_view rest = authorization.substr(kScheme.size());
  const size_t start = rest.find_first_not_of(' ');
  if (start == 0 || start == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(start);
  if (rest.size() > kMaxTokenBytes || !std::ranges::all_of(rest, IsTokenByte)) return std::nullopt;
  return rest;
}

}  // namespace sluice::auth
