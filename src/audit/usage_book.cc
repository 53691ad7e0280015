#include "audit/usage_book.h"

#include <unistd.h>

#include <algorithm>
#include <ranges>

#include "audit/line_keys.h"

namespace sluice::audit {
namespace {

constexpr int64_t kHourMs = 3'600'000;
// Rows that are kept in memory of files that are full: some 60 MB.
constexpr size_t kMaxKeptRows = 200'000;
constexpr uint64_t kMaxSumsFile = 64 << 20;
// Events lie in the log nearly in the order of their times, not quite.
constexpr int64_t kSlackHours = 24;

std::optional<std::string> ReadBeside(const Fd& folder, const std::string& name, size_t most) {
  const auto file = OpenForReading(folder, name);
  if (!file) return std::nullopt;
  const auto size = FileSize(*file);
  if (!size || *size > kMaxSumsFile) return std::nullopt;
  std::string text(std::min<size_t>(*size, most), '\0');
  const ssize_t got = ::pread(file->get(), text.data(), text.size(), 0);
  if (got != static_cast<ssize_t>(text.size())) return std::nullopt;
  return text;
}

bool Touches(int64_t first, int64_t last, const Hours& hours) {
  return first < hours.to && last >= hours.from;
}

UsageKey AsMeantKey(const UsageKey& key) {
  return {key.hour, AsMeant(key.share), AsMeant(key.recipient), AsMeant(key.table)};
}

}  // namespace

Hours HoursOf(TimePoint from, TimePoint to) {
  return {ToUnixMillis(from) / kHourMs, (ToUnixMillis(to) + kHourMs - 1) / kHourMs};
}

Result<std::unique_ptr<UsageBook>> UsageBook::Open(const std::string& folder) {
  Fd open = TRY(OpenFolder(folder));
  return std::unique_ptr<UsageBook>(new UsageBook(std::move(open)));
}

Status UsageBook::Visit(const Hours& hours, const Row& row) const {
  return EachFile(hours, [&](const UsageSums& sums) {
    auto at = sums.rows().lower_bound(UsageKey{.hour = hours.from});
    for (; at != sums.rows().end() && at->first.hour < hours.to; ++at) {
      row(AsMeantKey(at->first), at->second);
    }
  });
}

Status UsageBook::VisitAddresses(const Hours& hours, const Address& address) const {
  return EachFile(hours, [&](const UsageSums& sums) {
    for (const auto& [key, seen] : sums.addresses()) {
      address(AsMeant(key.first), AsMeant(key.second), seen);
    }
  });
}

Status UsageBook::CatchUp(size_t files) const {
  const auto segments = TRY(ListSegments(folder_));
  for (const Segment& segment : segments | std::views::reverse) {
    const bool newest = &segment == &segments.back();
    if (!newest && ReadBeside(folder_, SumsName(segment.name), kSumsHead)) continue;
    if (!newest && files-- == 0) return {};
    const auto made = SumsOf(segment, newest);
    if (!made && made.error().code != Code::kNotFound) return std::unexpected(made.error());
  }
  return {};
}

Status UsageBook::EachFile(const Hours& hours,
                           const std::function<void(const UsageSums&)>& use) const {
  const auto segments = TRY(ListSegments(folder_));
  // The newest first, so that a look at the last days does not go through years.
  for (const Segment& segment : segments | std::views::reverse) {
    const bool newest = &segment == &segments.back();
    const auto text =
        newest ? std::nullopt : ReadBeside(folder_, SumsName(segment.name), kSumsHead);
    const auto head = text ? ReadSumsHead(*text) : std::nullopt;
    if (head && head->first_hour <= head->last_hour) {
      if (head->last_hour < hours.from - kSlackHours) return {};
      if (!Touches(head->first_hour, head->last_hour, hours)) continue;
    }
    const auto sums = SumsOf(segment, newest);
    // Retention was faster.
    if (!sums && sums.error().code == Code::kNotFound) continue;
    if (!sums) return std::unexpected(sums.error());
    if (Touches((*sums)->first_hour(), (*sums)->last_hour(), hours)) use(**sums);
  }
  return {};
}

Result<UsageBook::Sums> UsageBook::SumsOf(const Segment& segment, bool newest) const {
  const Fd file = TRY(OpenForReading(folder_, segment.name));
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(segment.name);
  if (!newest && kept != kept_.end()) return kept->second;
  Sums sums;
  if (!newest) {
    const auto text = ReadBeside(folder_, SumsName(segment.name), kMaxSumsFile);
    auto read = text ? UsageSums::Unpack(*text) : std::nullopt;
    const uint64_t size = TRY(FileSize(file));
    if (read && read->covered() == size) sums = std::make_shared<const UsageSums>(std::move(*read));
  }
  if (sums == nullptr) sums = TRY(MakeSums(segment, newest, file));
  if (newest) return sums;
  const size_t rows = sums->rows().size() + sums->addresses().size();
  if (kept_rows_ + rows > kMaxKeptRows) {
    kept_.clear();
    kept_rows_ = 0;
  }
  if (rows <= kMaxKeptRows) {
    kept_.emplace(segment.name, sums);
    kept_rows_ += rows;
  }
  return sums;
}

// Takes up what was counted while the file was being written.
Result<UsageBook::Sums> UsageBook::MakeSums(const Segment& segment, bool newest,
                                            const Fd& file) const {
  const uint64_t size = TRY(FileSize(file));
  const bool known = growing_name_ == segment.name && growing_->covered() <= size;
  if (known && growing_->covered() == size) {
    if (newest) return growing_;
  }
  UsageSums sums = known ? *growing_ : UsageSums();
  TRY(sums.Extend(file));
  auto shared = std::make_shared<const UsageSums>(std::move(sums));
  if (newest) {
    growing_name_ = segment.name;
    growing_ = shared;
  } else {
    IgnoreError(WriteBeside(folder_, SumsName(segment.name), shared->Pack()),
                "they are made again when they are asked for");
  }
  return shared;
}

}  // namespace sluice::audit
