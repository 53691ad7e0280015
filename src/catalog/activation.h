// catalog/activation.h -- how a recipient gets its bearer token: once, through a link.
//
// The provider hands on a link that holds 256 random bits, the nonce. Who opens it first gets the
// token, which is made in that moment: of nonce and token the catalog looks for SHA-256 alone, the
// nonce is kept sealed as long as the link is good, so that the provider can be shown it again, the
// token is kept nowhere. Two who open a link at the same moment: changes come one after the other,
// so one gets the token and the other is refused.
//
// A link lives for its lifetime, or until the next rotation. A token lives for a year, for the
// metastore's recipient_token_lifetime, or until the recipient's expiration_time, whichever is
// first.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_network.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

// How tokens of recipients begin, so that scanners for lost secrets know one when they see it.
inline constexpr std::string_view kRecipientTokenPrefix = "slr_";
// No token lives longer.
inline constexpr std::chrono::days kLongestTokenLife{365};

// An entry for Recipient::tokens with a link that was not opened.
RecipientToken NewActivation(Catalog& catalog, Edit& edit, std::chrono::seconds lifetime);

// The nonce of a link that can still be used. Nothing: it was used, it is over, or this server's
// key does not open it.
std::optional<std::string> NonceOfToken(const Catalog& catalog, const RecipientToken& token);

// The nonce in what a person pastes: itself, ".../activate/<nonce>", "...?<nonce>". Empty: none.
std::string_view NonceOfLink(std::string_view link);

struct Activation {
  enum class State { kReady, kUsed, kExpired };
  State state = State::kReady;
  SecurablePtr recipient;
  TimePoint link_expires_at{};
  TimePoint token_expires_at{};  // of the token that it gives now
};
// What a link stands for, without using it. `from`: who asks.
// Errors: kNotFound          there is no such link, or there is a newer one
//         kPermissionDenied  not from this address; the metastore's scope is INTERNAL
Result<Activation> ActivationInfo(const Catalog& catalog, std::string_view nonce,
                                  const IpAddress& from);
// Errors: kNotFound  the link was used or is over; says which
Status CheckIsReady(const Activation& activation);

struct MintedToken {
  std::string token;
  SecurablePtr recipient;
  TimePoint expires_at{};
};
// Uses the link up.
// Errors: those of ActivationInfo and CheckIsReady, and of Catalog::Change
Result<MintedToken> Activate(Catalog& catalog, std::string_view nonce, const IpAddress& from);

}  // namespace sluice::catalog
