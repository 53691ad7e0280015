#include "unity/usage_scope.h"

#include <variant>

#include "base/clock.h"

namespace sluice::unity {
namespace {

constexpr int64_t kHourMs = 3'600'000;

int64_t NamedSince(const catalog::Securable& securable) {
  const auto* share = std::get_if<catalog::Share>(&securable.details);
  const bool renamed = share != nullptr && share->named_at;
  return ToUnixMillis(renamed ? *share->named_at : securable.created_at);
}

}  // namespace

const UsageScope::Name& UsageScope::Look(catalog::Kind kind, const std::string& written,
                                         Names& names) {
  const auto found = names.find(written);
  if (found != names.end()) return found->second;
  Name name{written};
  const catalog::Securable* securable =
      written.empty() ? nullptr : picture_.FindByName(kind, written);
  if (securable != nullptr) {
    name = {securable->name, access_.Owns(*securable), NamedSince(*securable)};
  }
  return names.emplace(written, std::move(name)).first->second;
}

bool UsageScope::Counts(const Name& name, const audit::UsageKey& key,
                        const audit::UsageSum& sum) const {
  if (all_) return true;
  if (!name.own) return false;
  // In the hour in which it got its name, what is certain to have come after.
  return key.hour * kHourMs >= name.since_ms || sum.first_read_ms >= name.since_ms;
}

const UsageScope::Name& UsageScope::Share(const std::string& written) {
  return Look(catalog::Kind::kShare, written, shares_);
}

const UsageScope::Name& UsageScope::Recipient(const std::string& written) {
  return Look(catalog::Kind::kRecipient, written, recipients_);
}

}  // namespace sluice::unity
