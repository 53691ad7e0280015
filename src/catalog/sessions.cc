#include "catalog/sessions.h"

#include <algorithm>
#include <vector>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/recipients.h"

namespace sluice::catalog {
namespace {

constexpr size_t kSecretBytes = 32;

bool HasEnded(const std::optional<TimePoint>& expires_at, TimePoint now) {
  return expires_at && *expires_at <= now;
}

std::optional<TokenHolder> HolderOf(const Picture& picture, const crypto::Digest& token,
                                    TimePoint now) {
  auto user = UserOfToken(picture, token, now);
  return user ? user : RecipientOfToken(picture, token, now);
}

Status CheckFrom(const TokenHolder& holder, const IpAddress& from) {
  return holder.recipient == nullptr ? Status() : CheckAddress(*holder.recipient, from);
}

Result<TokenHolder> Admitted(const Picture& picture, const crypto::Digest& token,
                             const IpAddress& from, TimePoint now) {
  auto holder = HolderOf(picture, token, now);
  if (!holder) return TokenRefused();
  TRY(CheckFrom(*holder, from));
  return *std::move(holder);
}

// Those that are over go, and of this token's the oldest where they are too many.
void MakeRoom(Edit& edit, const crypto::Digest& token) {
  std::vector<crypto::Digest> leaving;
  std::vector<BrowserSession> own;
  edit.picture().VisitSessions([&](const BrowserSession& session) {
    const bool over =
        session.expires_at <= edit.now() || !HolderOf(edit.picture(), session.token, edit.now());
    if (over) {
      leaving.push_back(session.hash);
    } else if (session.token == token) {
      own.push_back(session);
    }
    return true;
  });
  std::ranges::sort(own, {}, &BrowserSession::created_at);
  for (size_t i = 0; i + kMostSessions <= own.size(); ++i) leaving.push_back(own[i].hash);
  for (const crypto::Digest& hash : leaving) edit.EraseSession(hash);
}

}  // namespace

std::optional<TokenHolder> UserOfToken(const Picture& picture, const crypto::Digest& token,
                                       TimePoint now) {
  const AccessToken* found = picture.FindAccessToken(token);
  if (found == nullptr || HasEnded(found->expires_at, now)) return std::nullopt;
  const Principal* user = picture.FindPrincipal(found->principal);
  if (user == nullptr || !user->active) return std::nullopt;
  return TokenHolder{.user = user, .expires_at = found->expires_at};
}

std::optional<TokenHolder> RecipientOfToken(const Picture& picture, const crypto::Digest& token,
                                            TimePoint now) {
  auto found = picture.FindRecipientToken(token);
  if (!found) return std::nullopt;
  const auto& expires_at = found->recipient->As<Recipient>().tokens[found->index].expires_at;
  if (HasEnded(expires_at, now)) return std::nullopt;
  return TokenHolder{.recipient = found->recipient, .expires_at = expires_at};
}

std::optional<crypto::Digest> TokenOfSession(const Picture& picture, std::string_view secret,
                                             TimePoint now) {
  const BrowserSession* session = picture.FindSession(crypto::Sha256(secret));
  if (session == nullptr || session->expires_at <= now) return std::nullopt;
  return session->token;
}

Result<SignedIn> FindSession(const Catalog& catalog, std::string_view secret,
                             const IpAddress& from) {
  SignedIn found{.picture = catalog.Now()};
  const TimePoint now = catalog.clock().Now();
  const BrowserSession* session = found.picture->FindSession(crypto::Sha256(secret));
  if (session == nullptr || session->expires_at <= now) return NoSession();
  auto holder = HolderOf(*found.picture, session->token, now);
  if (!holder) return NoSession();
  TRY(CheckFrom(*holder, from));
  found.holder = *std::move(holder);
  // The token may end earlier, and its end may have been set since.
  found.expires_at =
      std::min(session->expires_at, found.holder.expires_at.value_or(session->expires_at));
  return found;
}

Result<NewSession> BeginSession(Catalog& catalog, const SignIn& sign_in) {
  const crypto::Digest token = crypto::Sha256(sign_in.token);
  // First by the picture alone, so that guesses do not stand in the way of who changes something.
  const auto seen = catalog.Now();
  const TokenHolder who = TRY(Admitted(*seen, token, sign_in.from, catalog.clock().Now()));
  const std::string name = who.user == nullptr ? who.recipient->name : who.user->name;
  const Caller caller{.principal = {}, .name = name};
  NewSession made;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    TRY(Admitted(edit.picture(), token, sign_in.from, edit.now()));
    MakeRoom(edit, token);
    const crypto::Digest replaced = crypto::Sha256(sign_in.replaces);
    if (edit.picture().FindSession(replaced) != nullptr) edit.EraseSession(replaced);
    made.secret = Base64Url(edit.random().Bytes(kSecretBytes));
    const auto lifetime = std::min<std::chrono::seconds>(sign_in.lifetime, kLongestSession);
    BrowserSession session{.hash = crypto::Sha256(made.secret), .token = token};
    session.expires_at = edit.now() + lifetime;
    edit.Create(session);
    return {};
  }));
  made.who = TRY(FindSession(catalog, made.secret, sign_in.from));
  return made;
}

Status EndSession(Catalog& catalog, std::string_view secret) {
  const crypto::Digest hash = crypto::Sha256(secret);
  if (catalog.Now()->FindSession(hash) == nullptr) return {};
  return catalog.Change({.principal = {}, .name = "sluice"}, [&](Edit& edit) -> Status {
    if (edit.picture().FindSession(hash) != nullptr) edit.EraseSession(hash);
    return {};
  });
}

}  // namespace sluice::catalog
