// unity/usage_count.h -- the sums of the audit log as somebody asks for them: by recipient, share
// or table, of what they may be told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "audit/usage_book.h"
#include "audit/usage_sums.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "notify/report.h"
#include "unity/usage_scope.h"

namespace sluice::unity {

struct UsageWanted {
  notify::GroupBy group_by{};
  // Hours of one point; 0: no points.
  int64_t bucket = 0;
  // Of these alone, without regard to case; empty: all.
  std::string recipient{};
  std::string share{};
  std::string table{};
};

struct UsageSeries {
  std::string recipient{};
  std::string share{};
  std::string table{};
  audit::UsageSum total{};
  std::map<int64_t, audit::UsageSum> points{};  // by the hour that each begins with
};

// One thread, as long as `scope` is there.
class UsageCount {
 public:
  UsageCount(UsageWanted wanted, UsageScope& scope);

  void Add(const audit::UsageKey& key, const audit::UsageSum& sum);
  // Errors: kResourceExhausted  there were too many series
  Status CheckSize() const;
  const audit::UsageSum& total() const { return total_; }
  // The largest first.
  std::vector<const UsageSeries*> Ordered() const;

 private:
  UsageSeries* Find(const audit::UsageKey& key);

  UsageWanted wanted_;
  UsageScope& scope_;
  std::map<std::string, UsageSeries> series_;
  audit::UsageSum total_;
  bool too_many_ = false;
};

// What a report counts, with the rights that its owner has now.
// Errors: kResourceExhausted, those of the log
Result<notify::UsageTable> CountForReport(const audit::UsageBook& book,
                                          const catalog::Catalog& catalog,
                                          const notify::UsageQuestion& question);

}  // namespace sluice::unity
