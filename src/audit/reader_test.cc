#include "audit/reader.h"

#include "audit/event_json.h"
#include "audit/file_log.h"
#include "audit/testing/events.h"
#include "audit/testing/temp_folder.h"
#include "base/encoding.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TimePoint kTime = FromUnixMillis(1'735'689'600'000);  // 2025-01-01

class ReaderTest : public ::testing::Test {
 protected:
  void Open(ByteCount segment_size = KiB(8)) {
    log_.reset();
    log_ = FileLog::Open({.folder = folder_.log(), .segment_size = segment_size}, clock_, nullptr)
               .value();
    if (reader_ == nullptr) reader_ = Reader::Open(folder_.log()).value();
  }
  void Append(const Event& event) { ASSERT_THAT(log_->Append(event, Sync::kSoon), IsOk()); }
  // One event a minute: reads of r0, r1, r2 in turn, each fifth refused.
  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string recipient = "r" + std::to_string(i % 3);
      const TimePoint time = kTime + 1min * i;
      if (i % 5 == 4) {
        Append(testing::DenialEvent(recipient, i % 10 == 4 ? 404 : 403, time));
      } else {
        Append(testing::ReadEvent(recipient, "s" + std::to_string(i % 2), "d.t", i, time));
      }
    }
  }
  // All pages, as sequence numbers.
  std::vector<uint64_t> All(const Filter& filter, size_t page_size) {
    std::vector<uint64_t> found;
    std::string token;
    do {
      const auto page = reader_->Read(filter, page_size, token);
      EXPECT_THAT(page, IsOk());
      EXPECT_LE(page->entries.size(), page_size);
      for (const Entry& entry : page->entries) found.push_back(entry.sequence);
      token = page->next_page_token;
    } while (!token.empty());
    return found;
  }
  // The same by looking at every line.
  std::vector<uint64_t> Expected(const std::function<bool(const Event&)>& matches) {
    std::vector<uint64_t> found;
    uint64_t sequence = 0;
    for (const auto& segment : folder_.Segments()) {
      for (const std::string& line : folder_.Lines(segment)) {
        const auto event = ParseEvent(line);
        if (event && matches(*event)) found.push_back(sequence + 1);
        if (event) ++sequence;
      }
    }
    std::reverse(found.begin(), found.end());
    return found;
  }

  testing::TempFolder folder_;
  sluice::testing::ManualClock clock_{kTime};
  std::unique_ptr<FileLog> log_;
  std::unique_ptr<Reader> reader_;
};

TEST_F(ReaderTest, OfALogWithoutEvents) {
  Open();
  const auto page = reader_->Read({}, 10, "");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->entries, IsEmpty());
  EXPECT_EQ(page->next_page_token, "");
  EXPECT_THAT(Reader::Open(folder_.log() + "/none"), IsError(Code::kNotFound));
}

TEST_F(ReaderTest, TheNewestFirst) {
  Open();
  Fill(100);
  const auto page = reader_->Read({}, 2, "");
  ASSERT_THAT(page, IsOk());
  ASSERT_THAT(page->entries, SizeIs(2));
  EXPECT_EQ(page->entries[0].sequence, 100U);
  EXPECT_EQ(page->entries[0].event.time, kTime + 99min);
  EXPECT_EQ(page->entries[0].json, folder_.Lines(folder_.Segments().back()).back());
  EXPECT_EQ(page->entries[1].sequence, 99U);
}

TEST_F(ReaderTest, FindsWhatEachFilterAsksFor) {
  Open();
  Fill(200);
  ASSERT_GT(folder_.Segments().size(), 5U);
  const std::vector<std::pair<Filter, std::function<bool(const Event&)>>> cases = {
      {{}, [](const Event&) { return true; }},
      {{.from = kTime + 30min}, [](const Event& e) { return e.time >= kTime + 30min; }},
      {{.to = kTime + 30min}, [](const Event& e) { return e.time < kTime + 30min; }},
      {{.actions = {"deltaSharingQueryTable", "none"}},
       [](const Event& e) { return e.action == "deltaSharingQueryTable"; }},
      {{.principal = "r1"}, [](const Event& e) { return e.principal == "r1"; }},
      {{.recipient = "r2"}, [](const Event& e) { return e.recipient == "r2"; }},
      {{.share = "s1"}, [](const Event& e) { return e.share == "s1"; }},
      {{.table = "d.t"}, [](const Event& e) { return e.table == "d.t"; }},
      {{.status_class = 4}, [](const Event& e) { return e.status >= 400; }},
      {{.error_text = "'sales' was"}, [](const Event& e) { return !e.error.empty(); }},
      {{.recipient = "r2", .share = "s0", .status_class = 2},
       [](const Event& e) { return e.recipient == "r2" && e.share == "s0" && e.status == 200; }},
      {{.recipient = "nobody"}, [](const Event&) { return false; }},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    for (const size_t page_size : {1, 7, 1000}) {
      EXPECT_EQ(All(cases[i].first, page_size), Expected(cases[i].second)) << i;
    }
  }
}

TEST_F(ReaderTest, FindsNamesThatAreEscaped) {
  Open();
  Append(testing::ReadEvent("a \"b\"\n\xc3\xa9", "s", "d.t", 1, kTime));
  EXPECT_THAT(All({.recipient = "a \"b\"\n\xc3\xa9"}, 10), ElementsAre(1));
  EXPECT_THAT(All({.recipient = "a \\\"b\\\""}, 10), IsEmpty());
}

TEST_F(ReaderTest, PagesStayWhileTheLogGrows) {
  Open();
  Fill(50);
  const auto first = reader_->Read({}, 10, "");
  Fill(50);
  const auto second = reader_->Read({}, 10, first->next_page_token);
  EXPECT_EQ(second->entries.front().sequence, 40U);
  EXPECT_EQ(reader_->Read({}, 10, "")->entries.front().sequence, 100U);
}

TEST_F(ReaderTest, RefusesTokensOfOtherLists) {
  Open();
  Fill(50);
  const std::string token = reader_->Read({}, 10, "")->next_page_token;
  EXPECT_THAT(reader_->Read({}, 10, token), IsOk());
  for (const std::string& bad : {std::string("x"), token + "A", std::string(1000, 'A'),
                                 Base64Url("a1.7.3"), Base64Url("")}) {
    EXPECT_THAT(reader_->Read({}, 10, bad.empty() ? "=" : bad), IsError(Code::kInvalidArgument));
  }
  EXPECT_THAT(reader_->Read({.share = "s1"}, 10, token), IsError(Code::kInvalidArgument));
}

TEST_F(ReaderTest, KeepsAnIndexBesideFullFiles) {
  Open();
  Fill(100);
  const auto indexes = [&] {
    std::vector<std::filesystem::path> found;
    for (const auto& segment : folder_.Segments()) {
      if (std::filesystem::exists(segment.string() + ".index")) found.push_back(segment);
    }
    return found;
  };
  EXPECT_THAT(indexes(), IsEmpty());
  const auto all = All({}, 1000);
  EXPECT_THAT(indexes(), SizeIs(folder_.Segments().size() - 1));
  // Missing, damaged, of another file: made anew.
  const auto segments = folder_.Segments();
  const auto index = [&](size_t i) { return segments[i].string() + ".index"; };
  std::filesystem::remove(index(0));
  std::string bytes = folder_.Read(index(1));
  bytes[60] = static_cast<char>(bytes[60] ^ 1);
  folder_.Write(index(1), bytes);
  folder_.Write(index(2), bytes.substr(0, 90));
  std::filesystem::copy_file(index(4), index(3), std::filesystem::copy_options::overwrite_existing);
  reader_ = Reader::Open(folder_.log()).value();
  EXPECT_EQ(All({}, 1000), all);
  EXPECT_EQ(folder_.Read(index(1)).substr(0, 60), bytes.substr(0, 60));
  EXPECT_NE(folder_.Read(index(1)), bytes);
}

TEST_F(ReaderTest, PassesByBlocksThatCannotMatch) {
  Open(MiB(64));
  // Two blocks: the one recipient in the first, the other in the second.
  for (int i = 0; i < 400; ++i) Append(testing::ReadEvent("early", "s", "d.t", 1, kTime));
  for (int i = 0; i < 400; ++i) Append(testing::ReadEvent("late", "s", "d.t", 1, kTime + 1h));
  const Fd folder = OpenFolder(folder_.log()).value();
  const Fd file = OpenForReading(folder, SegmentName(1)).value();
  BlockIndex index;
  ASSERT_THAT(index.Extend(file), IsOk());
  ASSERT_GE(index.blocks().size(), 2U);
  const Block& first = index.blocks().front();
  const Block& last = index.blocks().back();
  EXPECT_TRUE(Matcher({.recipient = "early"}).MayMatch(first));
  EXPECT_FALSE(Matcher({.recipient = "late"}).MayMatch(first));
  EXPECT_FALSE(Matcher({.recipient = "early"}).MayMatch(last));
  EXPECT_FALSE(Matcher({.from = kTime + 1h}).MayMatch(first));
  EXPECT_FALSE(Matcher({.to = kTime + 1h}).MayMatch(last));
  EXPECT_FALSE(Matcher({.actions = {"x", "y"}}).MayMatch(first));
  EXPECT_FALSE(Matcher({.status_class = 4}).MayMatch(first));
  EXPECT_THAT(All({.recipient = "early"}, 100), SizeIs(400));
}

TEST_F(ReaderTest, CountsWhoReadWhat) {
  Open(KiB(2));
  for (int i = 0; i < 7; ++i) {
    Append(testing::ReadEvent("acme", "sales", "d.orders", 100 + i, kTime + 1h * i));
  }
  Append(testing::ReadEvent("acme", "sales", "d.items", 5, kTime));
  Append(testing::ReadEvent("be\"ta", "sales", "d.orders", 7, kTime));
  Event other = testing::ReadEvent("acme", "sales", "d.orders", 1000, kTime);
  other.action = "deltaSharingQueryTable";  // a decision, not a read
  Append(other);
  other.action = "deltaSharingQueriedTable";
  other.status = 500;
  Append(other);
  const auto rows = reader_->CountUsage({.from = kTime, .to = kTime + 6h});
  ASSERT_THAT(rows, IsOk());
  ASSERT_THAT(*rows, SizeIs(3));
  EXPECT_EQ((*rows)[0].table, "d.items");
  EXPECT_EQ((*rows)[1].table, "d.orders");
  EXPECT_EQ((*rows)[1].recipient, "acme");
  EXPECT_EQ((*rows)[1].accesses, 6U);
  EXPECT_EQ((*rows)[1].bytes, 600 + 15);
  EXPECT_EQ((*rows)[1].first, kTime);
  EXPECT_EQ((*rows)[1].last, kTime + 5h);
  EXPECT_EQ((*rows)[2].recipient, "be\"ta");
  EXPECT_EQ((*rows)[2].bytes, 7);
}

TEST_F(ReaderTest, GoesOnAfterRetention) {
  Open();
  Fill(100);
  const auto before = All({}, 1000);
  const std::string token = reader_->Read({}, 90, "")->next_page_token;
  std::filesystem::remove(folder_.Segments()[0]);
  std::filesystem::remove(folder_.Segments()[0]);
  const auto rest = reader_->Read({}, 90, token);
  ASSERT_THAT(rest, IsOk());
  EXPECT_EQ(rest->next_page_token, "");
  EXPECT_LT(All({}, 10).size(), before.size());
}

}  // namespace
}  // namespace sluice::audit
