#include "auth/session_cookie.h"

#include <algorithm>

#include "auth/errors.h"
#include "base/encoding.h"

namespace sluice::auth {
namespace {

constexpr std::string_view kCookie = "sluice_session";
constexpr std::string_view kHostCookie = "__Host-sluice_session";
constexpr std::string_view kHttps = "https://";

// The value of a cookie among all that were sent (RFC 6265 §5.4: "a=1; b=2"). Empty counts as none.
std::optional<std::string_view> FindCookie(const net::Request& request, std::string_view name) {
  for (const auto& [field, value] : request.headers.fields()) {
    if (!EqualsIgnoreCase(field, "cookie")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      std::string_view pair = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (!pair.starts_with(name) || !pair.substr(name.size()).starts_with('=')) continue;
      pair.remove_prefix(name.size() + 1);
      if (!pair.empty()) return pair;
    }
  }
  return std::nullopt;
}

// Whether the browser speaks https, to us or to a proxy of which we know nothing: it names the
// scheme of the page in Origin, which goes with every POST and DELETE.
bool IsOverHttps(const net::Request& request) {
  return request.Origin().starts_with(kHttps) ||
         request.headers.Find("origin").value_or("").starts_with(kHttps);
}

std::string_view Authority(std::string_view origin) {
  const size_t at = origin.find("://");
  return at == std::string_view::npos ? std::string_view() : origin.substr(at + 3);
}

std::string Cookie(const net::Request& request, std::string_view value,
                   std::chrono::seconds lifetime) {
  const bool https = IsOverHttps(request);
  std::string cookie(https ? kHostCookie : kCookie);
  cookie += '=';
  cookie += value;
  cookie += "; Path=/; HttpOnly; SameSite=Strict; Max-Age=";
  cookie += std::to_string(lifetime.count());
  if (https) cookie += "; Secure";
  return cookie;
}

}  // namespace

bool IsFromPortal(const net::Request& request) {
  return request.headers.Find("x-sluice-portal") == "1" &&
         !request.headers.Find("authorization").has_value();
}

std::optional<std::string_view> SessionSecret(const net::Request& request) {
  if (!IsFromPortal(request)) return std::nullopt;
  const auto secret = FindCookie(request, kHostCookie);
  if (secret || request.Origin().starts_with(kHttps)) return secret;
  return FindCookie(request, kCookie);
}

std::string SessionCookie(const net::Request& request, std::string_view secret,
                          std::chrono::seconds lifetime) {
  return Cookie(request, secret, lifetime);
}

std::string NoSessionCookie(const net::Request& request) {
  return Cookie(request, "", std::chrono::seconds(0));
}

Status CheckSameOrigin(const net::Request& request, std::string_view public_origin) {
  // No page can set or change Sec-Fetch-Site; where it is, it says all. Browsers leave it out over
  // plain http, where Origin has to tell; its scheme does not count, for a proxy may have changed
  // it.
  if (const auto site = request.headers.Find("sec-fetch-site")) {
    return *site == "same-origin" || *site == "none" ? Status() : CrossSite();
  }
  const auto origin = request.headers.Find("origin");
  if (!origin) return {};
  const std::string_view host = Authority(*origin);
  const std::string own = request.Origin();
  const bool fits = !host.empty() && (EqualsIgnoreCase(host, Authority(own)) ||
                                      EqualsIgnoreCase(host, Authority(public_origin)));
  return fits ? Status() : CrossSite();
}

}  // namespace sluice::auth
