#include "unity/usage_count.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/encoding.h"
#include "catalog/access.h"

namespace sluice::unity {
namespace {

constexpr size_t kMostGroups = 100'000;

bool Asked(const std::string& wanted, const std::string& name) {
  return wanted.empty() || wanted == AsciiLower(name);
}

}  // namespace

UsageCount::UsageCount(UsageWanted wanted, UsageScope& scope)
    : wanted_(std::move(wanted)), scope_(scope) {
  for (std::string* name : {&wanted_.recipient, &wanted_.share, &wanted_.table}) {
    *name = AsciiLower(*name);
  }
}

void UsageCount::Add(const audit::UsageKey& key, const audit::UsageSum& sum) {
  if (!Asked(wanted_.recipient, key.recipient) || !Asked(wanted_.share, key.share) ||
      !Asked(wanted_.table, key.table) || !scope_.Sees(key, sum)) {
    return;
  }
  UsageSeries* series = Find(key);
  if (series == nullptr) return;
  series->total.Add(sum);
  total_.Add(sum);
  if (wanted_.bucket > 0) series->points[key.hour - key.hour % wanted_.bucket].Add(sum);
}

Status UsageCount::CheckSize() const {
  if (!too_many_) return {};
  return Fail(Code::kResourceExhausted,
              "Too many tables and recipients: narrow the question, or group by less.");
}

std::vector<const UsageSeries*> UsageCount::Ordered() const {
  std::vector<const UsageSeries*> all;
  all.reserve(series_.size());
  for (const auto& [key, series] : series_) all.push_back(&series);
  std::ranges::stable_sort(all, [](const UsageSeries* a, const UsageSeries* b) {
    return std::tie(a->total.bytes, a->total.reads, a->total.denied) >
           std::tie(b->total.bytes, b->total.reads, b->total.denied);
  });
  return all;
}

UsageSeries* UsageCount::Find(const audit::UsageKey& key) {
  UsageSeries made;
  if (wanted_.group_by.recipient) made.recipient = scope_.Recipient(key.recipient).text;
  if (wanted_.group_by.share) made.share = scope_.Share(key.share).text;
  if (wanted_.group_by.table) made.table = key.table;
  std::string folded =
      AsciiLower(made.table) + '\n' + AsciiLower(made.share) + '\n' + made.recipient;
  const auto found = series_.find(folded);
  if (found != series_.end()) return &found->second;
  if (series_.size() >= kMostGroups) {
    too_many_ = true;
    return nullptr;
  }
  return &series_.emplace(std::move(folded), std::move(made)).first->second;
}

Result<notify::UsageTable> CountForReport(const audit::UsageBook& book,
                                          const catalog::Catalog& catalog,
                                          const notify::UsageQuestion& question) {
  const auto picture = catalog.Now();
  const catalog::Access access(*picture, question.owner, catalog.clock().Now());
  UsageScope scope(*picture, access);
  UsageCount count(
      {.group_by = question.group_by, .recipient = question.recipient, .share = question.share},
      scope);
  TRY(book.Visit(question.hours, [&](const audit::UsageKey& key, const audit::UsageSum& sum) {
    count.Add(key, sum);
  }));
  TRY(count.CheckSize());
  notify::UsageTable table{.rows = {}, .total = count.total()};
  for (const UsageSeries* one : count.Ordered()) {
    table.rows.push_back({one->recipient, one->share, one->table, one->total});
  }
  return table;
}

}  // namespace sluice::unity
