// catalog/sessions.h -- browsers that are signed in.
//
// A page should not keep a token: whoever can run a script in it could take the token away. So the
// token is shown once, and the browser gets 256 new random bits in a cookie that no script can
// read. A session is no right of its own: it stands for the token that it was begun with, and ends
// at once when that ends, or whom the token is of. At the latest it ends after its own lifetime.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_network.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

// Whom a token is of; one of the two. Valid as long as its picture.
struct TokenHolder {
  const Principal* user = nullptr;
  SecurablePtr recipient{};
  std::optional<TimePoint> expires_at{};  // of the token
};
// By the token's SHA-256. Nothing: there is no such token, it has ended, or its user was
// deactivated.
std::optional<TokenHolder> UserOfToken(const Picture& picture, const crypto::Digest& token,
                                       TimePoint now);
std::optional<TokenHolder> RecipientOfToken(const Picture& picture, const crypto::Digest& token,
                                            TimePoint now);

// The hash of the token that a session stands for; the token may have ended meanwhile. Nothing: no
// such session, or it is over.
std::optional<crypto::Digest> TokenOfSession(const Picture& picture, std::string_view secret,
                                             TimePoint now);

struct SignedIn {
  std::shared_ptr<const Picture> picture;  // of which `holder` is
  TokenHolder holder{};
  TimePoint expires_at{};  // of the session
};
// Errors: kUnauthenticated   no such session, or it is over: one sentence for all
//         kPermissionDenied  a recipient, from an address where it may not come from
Result<SignedIn> FindSession(const Catalog& catalog, std::string_view secret,
                             const IpAddress& from);

// Of one token; the oldest goes when another one begins.
inline constexpr size_t kMostSessions = 100;
// However it is set, no session lasts longer.
inline constexpr std::chrono::hours kLongestSession{24 * 7};

struct SignIn {
  std::string_view token;
  IpAddress from{};
  std::chrono::seconds lifetime{};
  std::string_view replaces{};  // the secret of the session that ends with this; empty: none
};
struct NewSession {
  std::string secret;  // kept nowhere
  SignedIn who;
};
// Always a new secret, whatever the browser came with. Sessions that are over go away with this.
// Errors: kUnauthenticated   a token that is none any more, for whatever reason
//         kPermissionDenied  as above; those of Catalog::Change
Result<NewSession> BeginSession(Catalog& catalog, const SignIn& sign_in);

// Nothing happens where there is none. Errors: those of Catalog::Change
Status EndSession(Catalog& catalog, std::string_view secret);

}  // namespace sluice::catalog
