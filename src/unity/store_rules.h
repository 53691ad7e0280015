// unity/store_rules.h -- how storage reads what an external location covers: its url and credential
// as a rule of storage.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "storage/store_options.h"

namespace sluice::unity {

// Whether storage can open what lies at a url of this kind; "not supported yet" where it cannot.
// Errors: kUnsupported
Status CheckIsSupported(std::string_view url);

// `credential` as the catalog has it, `secrets` unsealed.
// Errors: kUnsupported  storage cannot use credentials of this kind yet
Result<storage::S3Options> S3OptionsOf(const catalog::StorageCredential& credential,
                                       const catalog::Id& id, const catalog::Properties& secrets);

// The rules of all external locations that storage can read. A location whose credential is gone,
// or cannot be unsealed, has none: it is logged, and its tables cannot be opened.
std::vector<storage::StoreRule> StoreRulesOf(const catalog::Catalog& catalog,
                                             const catalog::Picture& picture);

}  // namespace sluice::unity
