// auth/session_cookie.h -- how a browser carries the secret of its session.
//
// In a cookie that no script can read and that goes along with requests of our own pages only. It
// counts beside the header "X-Sluice-Portal: 1" and not by itself: a page of another site can make
// a browser send its cookies, but not a header of this kind, so that nobody is made to do something
// by a link or a form. Nor beside an Authorization header: who sends one means that.
//
// Over https the cookie is "__Host-sluice_session", which browsers take from this host alone, over
// https alone, and no neighbour below the same domain can plant.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace sluice::auth {

// Whether the request comes from our pages.
bool IsFromPortal(const net::Request& request);
// Nothing: no such cookie, or it does not count.
std::optional<std::string_view> SessionSecret(const net::Request& request);

// The values of Set-Cookie that make the browser keep the secret for so long, or forget it.
std::string SessionCookie(const net::Request& request, std::string_view secret,
                          std::chrono::seconds lifetime);
std::string NoSessionCookie(const net::Request& request);

// That no page of another site sends this, as far as the browser says: one that could sign its
// visitors in as somebody else would see what they do from then on. `public_origin`: where we are
// reached ("https://share.example.com"), beside what the request says of it.
// Errors: kPermissionDenied
Status CheckSameOrigin(const net::Request& request, std::string_view public_origin);

}  // namespace sluice::auth
