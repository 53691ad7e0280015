// sharing/activation_page.h -- what a recipient sees who opens an activation link in a browser.
//
// Scanners of mail open links before people do. So opening the page changes nothing; its button
// sends a POST to the same address, and that makes the credential, once. The answer is the file
// itself (ProfileDownload), or a page that shows it (ProfilePage), for those who cannot save files.
// A browser stays on the page while it saves, so the page before says all that is to be known
// after.
//
// The pages work without script and load nothing from anywhere: the content policy forbids both.
// They are not stored, not framed, and send no Referer, for their address is a secret (a browser
// therefore sends "Origin: null" with the POST). Functions here are pure: text in, answer out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"
#include "sharing/profile_file.h"

namespace sluice::sharing {

// What a good link says before it is used. Names are free text of people.
struct Invitation {
  std::string organization;  // who shares; empty: not known
  std::string recipient;
  std::string endpoint;                    // as in the profile
  std::optional<TimePoint> link_ends{};    // none: never
  std::optional<TimePoint> access_ends{};  // of the credential; none: never
  std::string sign_in{};                   // path of the portal's page; empty: there is no portal
};

// The page with the button. 200
net::Response InvitationPage(const Invitation& invitation);

// What the POST asked for: the button's value in its form. What is no form of ours asks for a file.
enum class Delivery { kFile, kPage };
Delivery AskedDelivery(std::string_view form);

// config.share, to be saved. 200
net::Response ProfileDownload(const ProfileFile& profile);
// The same to be copied from a page. 200
net::Response ProfilePage(const Invitation& invitation, const ProfileFile& profile);

enum class LinkProblem {
  kUsed,          // 410
  kExpired,       // 410
  kUnknown,       // 404
  kWrongAddress,  // 403
};
// `address` is the client's, shown for kWrongAddress.
net::Response LinkProblemPage(LinkProblem problem, std::string_view address = {});

// Any other failure, as the route table of these pages renders it.
net::Response ErrorPage(const Error& error);

}  // namespace sluice::sharing
