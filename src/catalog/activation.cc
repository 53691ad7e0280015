#include "catalog/activation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/recipients.h"

namespace sluice::catalog {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kNonceCharacters = 43;  // of kSecretBytes in base64url

std::string SealContext(const RecipientToken& token) { return "activation " + token.id; }

bool IsNonceCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

Activation::State StateOf(const Recipient& recipient, const RecipientToken& token, TimePoint now) {
  if (token.hash) return Activation::State::kUsed;
  const bool token_would_be_over = recipient.expires_at && *recipient.expires_at <= now;
  if (token.activation_expires_at <= now || token_would_be_over) {
    return Activation::State::kExpired;
  }
  return Activation::State::kReady;
}

TimePoint EndOfTokenMintedAt(TimePoint now, const Recipient& recipient,
                             const Metastore& metastore) {
  TimePoint end = now + kLongestTokenLife;
  const std::chrono::seconds lifetime = metastore.recipient_token_lifetime;
  if (lifetime.count() > 0 && lifetime < kLongestTokenLife) end = now + lifetime;
  return recipient.expires_at ? std::min(end, *recipient.expires_at) : end;
}

Result<Activation> Look(const Picture& picture, const crypto::Digest& hash, const IpAddress& from,
                        TimePoint now) {
  const auto found = picture.FindActivation(hash);
  if (!found) return NoSuchActivation("does not exist, or was replaced by a newer one");
  TRY(CheckAddress(*found->recipient, from));
  const auto& recipient = found->recipient->As<Recipient>();
  TRY(CheckScope(picture, recipient.authentication_type));
  const RecipientToken& token = recipient.tokens[found->index];
  return Activation{
      .state = StateOf(recipient, token, now),
      .recipient = found->recipient,
      .link_expires_at = token.activation_expires_at,
      .token_expires_at = EndOfTokenMintedAt(now, recipient, picture.metastore().As<Metastore>())};
}

}  // namespace

RecipientToken NewActivation(Catalog& catalog, Edit& edit, std::chrono::seconds lifetime) {
  const std::string nonce = Base64Url(edit.random().Bytes(kSecretBytes));
  RecipientToken token;
  token.id = edit.NewUuid();
  token.activation = catalog.Seal(nonce, SealContext(token));
  token.activation_hash = crypto::Sha256(nonce);
  token.activation_expires_at = edit.now() + lifetime;
  token.created_at = token.updated_at = edit.now();
  token.created_by = token.updated_by = edit.caller().name;
  return token;
}

std::optional<std::string> NonceOfToken(const Catalog& catalog, const RecipientToken& token) {
  if (token.hash || token.activation.text.empty()) return std::nullopt;
  if (token.activation_expires_at <= catalog.clock().Now()) return std::nullopt;
  Result<std::string> nonce = catalog.Unseal(token.activation, SealContext(token));
  if (!nonce) return std::nullopt;
  return *std::move(nonce);
}

std::string_view NonceOfLink(std::string_view link) {
  // npos + 1 is 0: all of it.
  const std::string_view nonce = link.substr(link.find_last_of("/?") + 1);
  const bool is_one =
      nonce.size() == kNonceCharacters && std::ranges::all_of(nonce, IsNonceCharacter);
  return is_one ? nonce : std::string_view();
}

Result<Activation> ActivationInfo(const Catalog& catalog, std::string_view nonce,
                                  const IpAddress& from) {
  return Look(*catalog.Now(), crypto::Sha256(nonce), from, catalog.clock().Now());
}

Status CheckIsReady(const Activation& activation) {
  switch (activation.state) {
    case Activation::State::kReady: return {};
    case Activation::State::kUsed: return NoSuchActivation("was used already");
    case Activation::State::kExpired: return NoSuchActivation("has expired");
  }
  return {};
}

Result<MintedToken> Activate(Catalog& catalog, std::string_view nonce, const IpAddress& from) {
  // First by the picture alone, so that guesses do not stand in the way of who changes something.
  const Activation seen = TRY(ActivationInfo(catalog, nonce, from));
  TRY(CheckIsReady(seen));
  MintedToken minted;
  const Caller caller{.principal = {}, .name = seen.recipient->name};
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const crypto::Digest hash = crypto::Sha256(nonce);
    const Activation activation = TRY(Look(edit.picture(), hash, from, edit.now()));
    TRY(CheckIsReady(activation));
    Securable changed = *activation.recipient;
    auto& recipient = changed.As<Recipient>();
    minted.token = kRecipientTokenPrefix;
    minted.token += Base64Url(edit.random().Bytes(kSecretBytes));
    minted.expires_at = activation.token_expires_at;
    for (RecipientToken& token : recipient.tokens) {
      if (token.activation_hash != hash) continue;
      // The link's hash stays, so that who comes later is told that it was used.
      token.hash = crypto::Sha256(minted.token);
      token.activation = {};
      token.expires_at = minted.expires_at;
      token.updated_at = edit.now();
      token.updated_by = edit.caller().name;
    }
    std::erase_if(recipient.tokens, [&](const RecipientToken& token) {
      return token.hash && token.expires_at && *token.expires_at <= edit.now();
    });
    const Id id = changed.id;
    edit.Update(std::move(changed));
    minted.recipient = edit.picture().FindShared(id);
    return {};
  }));
  return minted;
}

}  // namespace sluice::catalog
