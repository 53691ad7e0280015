// unity/usage_scope.h -- whose reads a caller may be told of.
//
// An administrator of the metastore: of all. Others: of the shares and recipients that they own,
// since those have their names: what was read before was another's, who may have had the name.
// Names in the log are as clients wrote them; here they are as the catalog spells them.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "audit/usage_sums.h"
#include "catalog/access.h"
#include "catalog/picture.h"

namespace sluice::unity {

// One thread, as long as the picture is held.
class UsageScope {
 public:
  UsageScope(const catalog::Picture& picture, const catalog::Access& access)
      : picture_(picture), access_(access), all_(access.IsMetastoreAdmin()) {}

  struct Name {
    std::string text;  // as the catalog spells it, else as it was written
    bool own = false;
    int64_t since_ms = 0;  // that it has this name
  };
  const Name& Share(const std::string& written);
  const Name& Recipient(const std::string& written);
  bool Sees(const audit::UsageKey& key, const audit::UsageSum& sum) {
    return all_ || Counts(Share(key.share), key, sum) || Counts(Recipient(key.recipient), key, sum);
  }
  // Whether a sum is of what has the name now, and that is the caller's.
  bool Counts(const Name& name, const audit::UsageKey& key, const audit::UsageSum& sum) const;
  bool Counts(const Name& recipient, const audit::SeenAddress& seen) const {
    return all_ || (recipient.own && seen.first_ms >= recipient.since_ms);
  }
  bool sees_all() const { return all_; }

 private:
  using Names = std::unordered_map<std::string, Name>;
  const Name& Look(catalog::Kind kind, const std::string& written, Names& names);

  const catalog::Picture& picture_;
  const catalog::Access& access_;
  const bool all_;
  Names shares_;
  Names recipients_;
};

}  // namespace sluice::unity
