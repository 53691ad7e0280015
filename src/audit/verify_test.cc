// Tampers with a log in every way we could think of; Verify must say where.
#include "audit/verify.h"

#include "audit/event_json.h"
#include "audit/file_log.h"
#include "audit/testing/events.h"
#include "audit/testing/fake_database.h"
#include "audit/testing/temp_folder.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Four days of three events each, a file a day.
class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto log = Open();
    for (int day = 0; day < 4; ++day) {
      for (int i = 0; i < 3; ++i) {
        const auto name = "r" + std::to_string(3 * day + i);
        ASSERT_THAT(log->Append(testing::ReadEvent(name, "s", "d.t", i, {}), Sync::kSoon), IsOk());
      }
      if (day < 3) clock_.Advance(24h);
    }
  }
  std::unique_ptr<FileLog> Open() {
    return FileLog::Open({.folder = folder_.log()}, clock_, &anchors_).value();
  }
  Verification Check() { return Verify(folder_.log(), *anchors_.Load()).value(); }
  Verification CheckFilesAlone() { return Verify(folder_.log(), std::nullopt).value(); }

  // The break is at this place, and its words hold `what`.
  void ExpectBreak(const Verification& found, size_t segment, uint64_t line, uint64_t sequence,
                   const std::string& what) {
    ASSERT_TRUE(found.broken.has_value());
    EXPECT_EQ(found.broken->file, names_[segment]);
    EXPECT_EQ(found.broken->line, line);
    EXPECT_EQ(found.broken->sequence, sequence);
    EXPECT_THAT(found.broken->what, HasSubstr(what));
  }
  void ExpectBreak(const Verification& found, const std::string& what) {
    ASSERT_TRUE(found.broken.has_value());
    EXPECT_EQ(found.broken->file, "");
    EXPECT_THAT(found.broken->what, HasSubstr(what));
  }
  void Change(size_t segment, const std::function<void(std::vector<std::string>&)>& change) {
    const auto file = folder_.Segments()[segment];
    auto lines = folder_.Lines(file);
    change(lines);
    folder_.WriteLines(file, lines);
  }
  // In place: a file that is emptied and written anew is brought to the disk each time.
  static void PutByte(const std::filesystem::path& file, size_t at, char byte) {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(at)).put(byte);
  }
  // Ends lines as this program would, from a place on: what somebody does who knows the format.
  void Rechain(size_t segment, size_t from) {
    Change(segment, [&](std::vector<std::string>& lines) {
      const auto before = ReadLine(lines[from - 1]);
      Chain chain{{from + 3 * segment - 1, before->hash}, before->hash};
      for (size_t i = from; i < lines.size(); ++i) {
        std::string line = lines[i].substr(0, lines[i].rfind(",\"sequence\":"));
        chain.CloseEvent(line, crypto::Sha256Stream().Add(line));
        lines[i] = line.substr(0, line.size() - 1);
      }
    });
  }

  testing::TempFolder folder_;
  sluice::testing::ManualClock clock_{FromUnixMillis(1'735'787'045'123)};
  testing::FakeDatabase database_;
  DatabaseAnchors anchors_{database_};
  const std::vector<std::string> names_ = {SegmentName(1), SegmentName(4), SegmentName(7),
                                           SegmentName(10)};
};

TEST_F(VerifyTest, AWholeLog) {
  const Verification found = Check();
  EXPECT_FALSE(found.broken.has_value()) << found.broken->what;
  EXPECT_EQ(found.segments, 4U);
  EXPECT_EQ(found.events, 12U);
  EXPECT_EQ(found.first_sequence, 1U);
  EXPECT_EQ(found.head, **anchors_.Load());
  EXPECT_TRUE(found.anchor_met);
  uint64_t bytes = 0;
  for (const auto& segment : folder_.Segments()) bytes += std::filesystem::file_size(segment);
  EXPECT_EQ(found.bytes, bytes);
  EXPECT_FALSE(CheckFilesAlone().anchor_met);
}

TEST_F(VerifyTest, AnyByte) {
  const auto file = folder_.Segments()[1];
  const std::string whole = folder_.Read(file);
  size_t line = 1;
  for (size_t at = 0; at < whole.size(); ++at) {
    // Only bits that people would flip, and those that make no newline of a letter.
    for (const int flip : {1, 32}) {
      PutByte(file, at, static_cast<char>(whole[at] ^ flip));
      const Verification found = CheckFilesAlone();
      ASSERT_TRUE(found.broken.has_value()) << "byte " << at << " of line " << line;
      // In the line itself: only its end may show in what follows.
      EXPECT_EQ(found.broken->file, names_[1]) << at;
      EXPECT_EQ(found.broken->line, line) << "byte " << at;
    }
    PutByte(file, at, whole[at]);
    if (whole[at] == '\n') ++line;
  }
}

TEST_F(VerifyTest, AnAlteredEvent) {
  Change(1, [](auto& lines) { lines[2].replace(lines[2].find("192.0.2.7"), 9, "192.0.2.8"); });
  ExpectBreak(Check(), 1, 3, 5, "altered");
}

TEST_F(VerifyTest, AnAlteredEventWithTheHashMadeAnew) {
  Change(1, [](auto& lines) { lines[2].replace(lines[2].find("192.0.2.7"), 9, "192.0.2.8"); });
  Rechain(1, 2);
  // Up to the end of its file all is well now; the next one does not follow.
  ExpectBreak(Check(), 2, 1, 7, "the file follows on a line with the hash");
}

TEST_F(VerifyTest, AnEndThatWasWrittenAnew) {
  Change(3, [](auto& lines) { lines[2].replace(lines[2].find("192.0.2.7"), 9, "192.0.2.8"); });
  Rechain(3, 2);
  EXPECT_FALSE(CheckFilesAlone().broken.has_value());  // files alone cannot tell
  ExpectBreak(Check(), 3, 4, 13, "event 12 is not the one that was anchored");
}

TEST_F(VerifyTest, ADeletedLine) {
  Change(1, [](auto& lines) { lines.erase(lines.begin() + 2); });
  ExpectBreak(Check(), 1, 3, 5, "event 5 was expected, not 6");
}

TEST_F(VerifyTest, ADoubledLine) {
  Change(1, [](auto& lines) { lines.insert(lines.begin() + 2, lines[2]); });
  ExpectBreak(Check(), 1, 4, 6, "event 6 was expected, not 5");
}

TEST_F(VerifyTest, AnInsertedLine) {
  Change(1, [](auto& lines) {
    const auto before = ReadLine(lines[2]);
    Chain chain{{5, before->hash}, before->hash};
    std::string line = "{\"account_id\":\"\"";
    chain.CloseEvent(line, crypto::Sha256Stream().Add(line));
    lines.insert(lines.begin() + 3, line.substr(0, line.size() - 1));
  });
  ExpectBreak(Check(), 1, 5, 7, "event 7 was expected, not 6");
}

TEST_F(VerifyTest, SwappedLines) {
  Change(1, [](auto& lines) { std::swap(lines[1], lines[2]); });
  ExpectBreak(Check(), 1, 2, 4, "event 4 was expected, not 5");
}

TEST_F(VerifyTest, TextThatIsNoLine) {
  Change(1, [](auto& lines) { lines.insert(lines.begin() + 2, "hello"); });
  ExpectBreak(Check(), 1, 3, 5, "not a line of the audit log");
}

TEST_F(VerifyTest, ALineWithoutEnd) {
  folder_.Write(folder_.Segments()[1], std::string(3 << 20, 'x'));
  ExpectBreak(Check(), 1, 1, 4, "longer than a line can be");
}

TEST_F(VerifyTest, AnAlteredBeginningOfAFile) {
  Change(1, [](auto& lines) { lines[0].replace(lines[0].find("2025"), 4, "2024"); });
  ExpectBreak(Check(), 1, 1, 4, "the line was altered");
}

TEST_F(VerifyTest, AFileWithoutItsBeginning) {
  Change(1, [](auto& lines) { lines.erase(lines.begin()); });
  ExpectBreak(Check(), 1, 1, 4, "the line that begins a file was expected");
}

TEST_F(VerifyTest, ABeginningWithinAFile) {
  Change(1, [](auto& lines) { lines.push_back(lines[0]); });
  ExpectBreak(Check(), 1, 5, 7, "stands within one");
}

TEST_F(VerifyTest, ADeletedFile) {
  std::filesystem::remove(folder_.Segments()[1]);
  ExpectBreak(Check(), 2, 1, 4, "the events 4 to 6 are missing");
}

TEST_F(VerifyTest, AnEmptiedFile) {
  folder_.Write(folder_.Segments()[1], "");
  ExpectBreak(Check(), 1, 1, 4, "the file is empty");
}

TEST_F(VerifyTest, AFileThatEndsEarly) {
  const auto file = folder_.Segments()[1];
  const std::string whole = folder_.Read(file);
  folder_.Write(file, whole.substr(0, whole.size() - 1));
  ExpectBreak(Check(), 1, 4, 6, "the file ends within a line");
  Change(1, [](auto& lines) { lines.pop_back(); });
  ExpectBreak(Check(), 2, 1, 6, "the events 6 to 6 are missing");
}

TEST_F(VerifyTest, SwappedFiles) {
  const auto files = folder_.Segments();
  const std::string first = folder_.Read(files[1]);
  folder_.Write(files[1], folder_.Read(files[2]));
  folder_.Write(files[2], first);
  ExpectBreak(Check(), 1, 1, 4, "not with that of its name");
}

TEST_F(VerifyTest, ACutEnd) {
  Change(3, [](auto& lines) { lines.pop_back(); });
  EXPECT_FALSE(CheckFilesAlone().broken.has_value());
  ExpectBreak(Check(), "the log ends with event 11, 12 was anchored");
  std::filesystem::remove(folder_.Segments()[3]);
  ExpectBreak(Check(), "the log ends with event 9, 12 was anchored");
}

TEST_F(VerifyTest, AnEmptyFolder) {
  for (const auto& segment : folder_.Segments()) std::filesystem::remove(segment);
  ExpectBreak(Check(), "the log ends with event 0, 12 was anchored");
  EXPECT_FALSE(CheckFilesAlone().broken.has_value());
  EXPECT_THAT(Verify(folder_.log() + "/none", std::nullopt), IsError(Code::kNotFound));
}

TEST_F(VerifyTest, AnotherLog) {
  testing::TempFolder other;
  {
    const auto log = FileLog::Open({.folder = other.log()}, clock_, nullptr).value();
    for (int i = 0; i < 20; ++i) {
      ASSERT_THAT(log->Append(testing::ChangeEvent("x", "y", {}), Sync::kSoon), IsOk());
    }
  }
  const Verification found = Verify(other.log(), *anchors_.Load()).value();
  ASSERT_TRUE(found.broken.has_value());
  EXPECT_THAT(found.broken->what, HasSubstr("event 12 is not the one that was anchored"));
}

TEST_F(VerifyTest, ALineThatIsBeingWritten) {
  std::ofstream(folder_.Segments()[3], std::ios::app) << "{\"account";
  const Verification found = Check();
  EXPECT_FALSE(found.broken.has_value());
  EXPECT_EQ(found.unfinished, 9U);
}

TEST_F(VerifyTest, ABeginningThatRetentionDidNotDelete) {
  std::filesystem::remove(folder_.Segments()[0]);
  ExpectBreak(Check(), "the events up to 3 are missing, and no event of retention says so");
}

TEST_F(VerifyTest, ABeginningThatRetentionDeleted) {
  ASSERT_EQ(Open()->Purge(std::chrono::days(1))->segments, 2U);
  const Verification found = Check();
  EXPECT_FALSE(found.broken.has_value()) << found.broken->what;
  EXPECT_EQ(found.purged_through, 6U);
  EXPECT_EQ(found.first_sequence, 7U);
  // One file more than it says.
  std::filesystem::remove(folder_.Segments()[0]);
  ExpectBreak(Check(), "the events up to 9 are missing");
}

TEST_F(VerifyTest, RetentionThatWasInterrupted) {
  const auto second = folder_.Segments()[1];
  const std::string kept = folder_.Read(second);
  ASSERT_EQ(Open()->Purge(std::chrono::days(1))->segments, 2U);
  folder_.Write(second, kept);
  EXPECT_FALSE(Check().broken.has_value());
  EXPECT_EQ(Check().first_sequence, 4U);
}

TEST_F(VerifyTest, RetentionOfAnotherLog) {
  // An event that names the place, but another hash.
  {
    const auto log = Open();
    Event event = testing::ChangeEvent("purgeAuditLog", "x", {});
    event.service = "auditLog";
    event.params = {{"through_sequence", "3"}, {"through_hash", std::string(64, '0')}};
    ASSERT_THAT(log->Append(event, Sync::kNow), IsOk());
  }
  std::filesystem::remove(folder_.Segments()[0]);
  ExpectBreak(Check(), "the events up to 3 are missing");
}

}  // namespace
}  // namespace sluice::audit
