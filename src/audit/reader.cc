#include "audit/reader.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <ranges>
#include <tuple>
#include <utility>

#include "audit/chain.h"
#include "audit/cursor.h"
#include "audit/event_json.h"
#include "base/encoding.h"

namespace sluice::audit {
namespace {

// Bytes that are looked through for a page.
constexpr uint64_t kPageWork = 64 << 20;
constexpr size_t kMaxUsages = 1'000'000;
constexpr std::string_view kTokenForm = "a1";

std::unexpected<Error> BadToken() {
  return Fail(Code::kInvalidArgument, "the page token is not one of this list");
}

// "a1.<filter>.<sequence>": the page goes on before that event.
std::string MakeToken(const Matcher& matcher, uint64_t before) {
  std::string text(kTokenForm);
  text += '.' + std::to_string(matcher.fingerprint()) + '.' + std::to_string(before);
  return Base64Url(text);
}

Result<uint64_t> ReadToken(const Matcher& matcher, std::string_view token) {
  if (token.empty()) return UINT64_MAX;
  if (token.size() > 128) return BadToken();
  const auto text = DecodeBase64Url(token);
  if (!text.has_value()) return BadToken();
  const std::string front =
      std::string(kTokenForm) + '.' + std::to_string(matcher.fingerprint()) + '.';
  if (!text->starts_with(front)) return BadToken();
  uint64_t before = 0;
  const char* end = text->data() + text->size();
  const auto read = std::from_chars(text->data() + front.size(), end, before);
  if (read.ec != std::errc() || read.ptr != end) return BadToken();
  return before;
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

// A page in the making.
struct Reader::Search {
  const Matcher& matcher;
  size_t max_results;
  uint64_t before;    // events from this one on were seen
  uint64_t work = 0;  // bytes
  std::vector<Entry> entries{};
  bool full() const { return entries.size() >= max_results || work >= kPageWork; }
};

Result<std::unique_ptr<Reader>> Reader::Open(const std::string& folder) {
  Fd open = TRY(OpenFolder(folder));
  return std::unique_ptr<Reader>(new Reader(std::move(open)));
}

Result<Page> Reader::Read(const Filter& filter, size_t max_results,
                          std::string_view page_token) const {
  const Matcher matcher(filter);
  const uint64_t before = TRY(ReadToken(matcher, page_token));
  Search search{matcher, std::max<size_t>(max_results, 1), before};
  const auto segments = TRY(ListSegments(folder_));
  for (const Segment& segment : segments | std::views::reverse) {
    if (search.full()) break;
    if (segment.first >= search.before) continue;
    TRY(SearchSegment(segment, &segment == &segments.back(), search));
  }
  Page page;
  if (!segments.empty() && search.full() && search.before > segments.front().first) {
    page.next_page_token = MakeToken(matcher, search.before);
  }
  page.entries = std::move(search.entries);
  return page;
}

Status Reader::SearchSegment(const Segment& segment, bool newest, Search& search) const {
  const auto file = OpenForReading(folder_, segment.name);
  if (!file.has_value()) {
    // Retention was faster.
    if (file.error().code == Code::kNotFound) return {};
    return std::unexpected(file.error());
  }
  const auto index = TRY(IndexOf(segment, newest, *file, search.work));
  for (const Block& block : index->blocks() | std::views::reverse) {
    if (search.full()) return {};
    if (block.first_sequence >= search.before) continue;
    if (search.matcher.MayMatch(block)) {
      TRY(SearchBlock(*file, block, search));
    } else {
      search.before = block.first_sequence;
    }
  }
  return {};
}

Status Reader::SearchBlock(const Fd& file, const Block& block, Search& search) const {
  std::string text(block.size, '\0');
  const ssize_t got =
      ::pread(file.get(), text.data(), text.size(), static_cast<off_t>(block.offset));
  if (got < 0) return DiskFailure("a segment");
  text.resize(static_cast<size_t>(got));
  search.work += text.size();
  const auto lines = SplitLines(text);
  for (const std::string_view line : lines | std::views::reverse) {
    if (search.entries.size() >= search.max_results) return {};
    const auto chained = ReadLine(line);
    if (!chained.has_value() || chained->sequence >= search.before) continue;
    search.before = chained->sequence;
    const auto keys = ScanLine(line);
    if (!keys || !search.matcher.Matches(*keys)) continue;
    auto event = ParseEvent(line);
    if (!event.has_value()) continue;
    search.entries.push_back({chained->sequence, std::move(*event), std::string(line)});
  }
  search.before = std::min(search.before, block.first_sequence);
  return {};
}

Result<std::shared_ptr<const BlockIndex>> Reader::IndexOf(const Segment& segment, bool newest,
                                                          const Fd& file, uint64_t& work) const {
  const uint64_t size = TRY(FileSize(file));
  if (!newest) {
    if (auto index = LoadIndex(folder_, segment, size, work)) {
      return std::make_shared<const BlockIndex>(std::move(*index));
    }
  }
  const std::lock_guard lock(mutex_);
  const bool known = growing_name_ == segment.name && growing_->covered() <= size;
  if (known && growing_->covered() == size) return growing_;
  BlockIndex index = known ? *growing_ : BlockIndex();
  work += size - index.covered();
  TRY(index.Extend(file));
  auto shared = std::make_shared<const BlockIndex>(std::move(index));
  if (newest) {
    growing_name_ = segment.name;
    growing_ = shared;
  } else {
    IgnoreError(SaveIndex(folder_, segment.name, *shared), "it is made again when it is asked for");
  }
  return shared;
}

namespace {

// The bytes of a file that a query's answer led to: part of that access.
constexpr std::string_view kFileRead = "deltaSharingReadFile";

}  // namespace

Result<std::vector<Usage>> Reader::CountUsage(const Filter& filter) const {
  Filter counted = filter;
  if (counted.actions.empty()) {
    counted.actions = {"deltaSharingQueriedTable", "deltaSharingQueriedTableChanges",
                       std::string(kFileRead)};
    if (!counted.status_class) counted.status_class = 2;
  }
  std::map<std::tuple<std::string, std::string, std::string>, Usage> usages;
  Cursor cursor = TRY(Cursor::Open(*this, counted));
  while (const auto match = TRY(cursor.Next())) {
    const LineKeys& keys = match->keys;
    const auto [at, added] = usages.try_emplace(
        {std::string(keys.share), std::string(keys.recipient), std::string(keys.table)});
    if (added && usages.size() > kMaxUsages) {
      return Fail(Code::kResourceExhausted, "too many tables and recipients: narrow the question");
    }
    Usage& usage = at->second;
    if (added) usage.first = usage.last = keys.time;
    if (keys.action != kFileRead) ++usage.accesses;
    usage.bytes += keys.bytes_read;
    usage.first = std::min(usage.first, keys.time);
    usage.last = std::max(usage.last, keys.time);
  }
  std::vector<Usage> rows;
  for (auto& [key, usage] : usages) {
    usage.share = AsMeant(std::get<0>(key));
    usage.recipient = AsMeant(std::get<1>(key));
    usage.table = AsMeant(std::get<2>(key));
    rows.push_back(std::move(usage));
  }
  return rows;
}

}  // namespace sluice::audit
