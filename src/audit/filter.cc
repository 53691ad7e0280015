#include "audit/filter.h"

#include <algorithm>

namespace sluice::audit {
namespace {

bool Narrowed(std::string_view wanted, std::string_view value) {
  return !wanted.empty() && wanted != value;
}

bool Absent(const Block& block, BlockKey kind, std::string_view wanted) {
  return !wanted.empty() && !block.MayHold(kind, wanted);
}

}  // namespace

Matcher::Matcher(const Filter& filter) : filter_(filter) {
  for (std::string& action : filter_.actions) action = AsWritten(action);
  for (std::string* text :
       {&filter_.principal, &filter_.recipient, &filter_.share, &filter_.table}) {
    *text = AsWritten(*text);
  }
  // So that blocks without any can be passed over.
  if (filter_.status && !filter_.status_class) filter_.status_class = *filter_.status / 100;
}

bool Matcher::MayMatch(const Block& block) const {
  if (filter_.from && block.newest_ms < ToUnixMillis(*filter_.from)) return false;
  if (filter_.to && block.oldest_ms >= ToUnixMillis(*filter_.to)) return false;
  if (!filter_.actions.empty() &&
      std::ranges::none_of(filter_.actions, [&](const std::string& action) {
        return block.MayHold(BlockKey::kAction, action);
      })) {
    return false;
  }
  if (filter_.status_class &&
      !block.MayHold(BlockKey::kStatusClass, std::to_string(*filter_.status_class))) {
    return false;
  }
  return !Absent(block, BlockKey::kPrincipal, filter_.principal) &&
         !Absent(block, BlockKey::kRecipient, filter_.recipient) &&
         !Absent(block, BlockKey::kShare, filter_.share) &&
         !Absent(block, BlockKey::kTable, filter_.table);
}

bool Matcher::Matches(const LineKeys& keys) const {
  if (filter_.from && keys.time < *filter_.from) return false;
  if (filter_.to && keys.time >= *filter_.to) return false;
  if (!filter_.actions.empty() &&
      std::ranges::find(filter_.actions, keys.action) == filter_.actions.end()) {
    return false;
  }
  if (Narrowed(filter_.principal, keys.principal) || Narrowed(filter_.recipient, keys.recipient) ||
      Narrowed(filter_.share, keys.share) || Narrowed(filter_.table, keys.table)) {
    return false;
  }
  if (filter_.status_class && keys.status / 100 != *filter_.status_class) return false;
  if (filter_.status && keys.status != *filter_.status) return false;
  return filter_.error_text.empty() ||
         AsMeant(keys.error).find(filter_.error_text) != std::string::npos;
}

uint64_t Matcher::fingerprint() const {
  std::string all;
  const auto add = [&](std::string_view text) {
    (all += text) += '\n';
  };  // escaped: holds no newline
  add(filter_.from ? std::to_string(ToUnixMillis(*filter_.from)) : "");
  add(filter_.to ? std::to_string(ToUnixMillis(*filter_.to)) : "");
  add(filter_.status ? std::to_string(*filter_.status) : "");
  add(filter_.status_class ? std::to_string(*filter_.status_class) : "");
  for (const std::string& text : {filter_.principal, filter_.recipient, filter_.share,
                                  filter_.table, AsWritten(filter_.error_text)}) {
    add(text);
  }
  for (const std::string& action : filter_.actions) add(action);
  return KeyHash(BlockKey::kFilter, all);
}

}  // namespace sluice::audit
