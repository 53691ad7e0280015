// server/activation_routes.h -- /activate/{nonce}: what an activation link opens in a browser.
//
// GET shows whose link it is and changes nothing, since scanners of mail open links before people
// do; POST, which the page's button sends, uses the link up and answers with the credential. No
// script, and no other site can press the button: what a browser says of where a POST comes from is
// held against it. Programs use the API of the same links (unity/activation_routes.cc).
#pragma once

#include <string>

#include "net/router.h"
#include "unity/services.h"

namespace sluice::server {

// Where a recipient signs in; empty: there is no portal.
inline constexpr const char* kRecipientSignIn = "/sign-in?as=recipient";

// `services` must outlive the table. The pages link to `sign_in`, a path, unless it is empty.
net::RouteTable ActivationPages(const unity::Services& services, const std::string& sign_in);

}  // namespace sluice::server
