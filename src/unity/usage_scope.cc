#include "unity/usage_scope.h"

namespace sluice::unity {

const UsageScope::Name& UsageScope::Look(catalog::Kind kind, const std::string& written,
                                         Names& names) {
  const auto found = names.find(written);
  if (found != names.end()) return found->second;
  Name name{written};
  const catalog::Securable* securable =
      written.empty() ? nullptr : picture_.FindByName(kind, written);
  if (securable != nullptr) name = {securable->name, access_.Owns(*securable)};
  return names.emplace(written, std::move(name)).first->second;
}

const UsageScope::Name& UsageScope::Share(const std::string& written) {
  return Look(catalog::Kind::kShare, written, shares_);
}

const UsageScope::Name& UsageScope::Recipient(const std::string& written) {
  return Look(catalog::Kind::kRecipient, written, recipients_);
}

}  // namespace sluice::unity
