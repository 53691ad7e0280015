// What the real binary cannot be brought to in a test: batches, retention, an empty log. The rest
// is in tests/catalog/test_audit_export.py.
#include "server/audit_delta.h"

#include <fmt/format.h>

#include "audit/file_log.h"
#include "audit/testing/events.h"
#include "audit/testing/temp_folder.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "engine/sql_text.h"

namespace sluice::server {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AuditDeltaTest : public ::testing::Test {
 protected:
  AuditDeltaTest() { Open(); }
  void Open() {
    log_.reset();
    log_ = audit::FileLog::Open({.folder = folder_.log(), .segment_size = KiB(8)}, clock_, nullptr)
               .value();
    reader_ = audit::Reader::Open(folder_.log()).value();
  }
  // One event an hour.
  void Fill(int count) {
    for (int i = 0; i < count; ++i, clock_.Advance(1h)) {
      audit::Event event = audit::testing::ReadEvent("acme", "s", "d.t", 1, clock_.Now());
      event.params.emplace_back("share", "said twice");
      ASSERT_THAT(log_->Append(event, audit::Sync::kSoon), IsOk());
    }
  }
  Result<DeltaExport> Export(ByteCount batch = MiB(1)) {
    return ExportToDelta(*reader_, engine_,
                         {.folder = table_, .through = log_->head().sequence, .batch = batch},
                         clock_);
  }
  // Number and sum of the sequences in all data files, and the number of commits.
  std::string Rows() {
    const auto rows = engine_.Query("SELECT count(*), sum(sequence) FROM read_parquet(" +
                                    engine::SqlString(table_ + "/*/*.parquet") + ")");
    return rows->rows[0][0].value_or("") + " " + rows->rows[0][1].value_or("");
  }
  size_t Commits() {
    const std::filesystem::directory_iterator files(table_ + "/_delta_log");
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  audit::testing::TempFolder folder_;
  const std::string table_ = folder_.log() + "-table";
  sluice::testing::ManualClock clock_{FromUnixMillis(1'735'689'600'000)};
  std::unique_ptr<audit::FileLog> log_;
  std::unique_ptr<audit::Reader> reader_;
  engine::Engine engine_{{}};
};

TEST_F(AuditDeltaTest, ALogWithoutEventsMakesATable) {
  auto done = Export();
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->events, 0U);
  EXPECT_EQ(Commits(), 1U);
  ASSERT_THAT(Export(), IsOk());
  EXPECT_EQ(Commits(), 1U);
  Fill(3);
  done = Export();
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->events, 3U);
  EXPECT_EQ(done->through, 3U);
  EXPECT_EQ(Rows(), "3 6");
}

TEST_F(AuditDeltaTest, ABatchIsACommitThatStandsForItself) {
  Fill(100);
  const auto done = Export(KiB(10));
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->events, 100U);
  EXPECT_EQ(Rows(), "100 5050");
  EXPECT_GT(Commits(), 5U);
  // As if the process had died before the last commit: its files are there, and count for nothing.
  const size_t commits = Commits();
  std::filesystem::remove(table_ + fmt::format("/_delta_log/{:020}.json", commits - 1));
  const auto again = Export();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->through, 100U);
  EXPECT_LT(again->events, 50U);
  EXPECT_EQ(Commits(), commits);
}

TEST_F(AuditDeltaTest, SaysWhatRetentionWasFasterWith) {
  Fill(30);
  ASSERT_THAT(Export(), IsOk());
  EXPECT_THAT(Export()->missing, IsEmpty());
  Fill(200);
  const auto purged = log_->Purge(std::chrono::days(2));
  ASSERT_THAT(purged, IsOk());
  ASSERT_GT(purged->through_sequence, 30U);
  const auto done = Export();
  ASSERT_THAT(done, IsOk());
  EXPECT_THAT(done->missing, ElementsAre(audit::Gap{31, purged->through_sequence}));
  EXPECT_EQ(done->through, 231U);
  EXPECT_EQ(done->events, 231 - purged->through_sequence);
  EXPECT_THAT(Export()->missing, IsEmpty());
}

TEST_F(AuditDeltaTest, AFirstExportSaysWhereTheLogBegins) {
  Fill(200);
  const auto purged = log_->Purge(std::chrono::days(2));
  ASSERT_THAT(purged, IsOk());
  EXPECT_THAT(Export()->missing, ElementsAre(audit::Gap{1, purged->through_sequence}));
}

TEST_F(AuditDeltaTest, RefusesALogThatIsAnother) {
  Fill(10);
  ASSERT_THAT(Export(), IsOk());
  // As after a backup was restored: the same beginning is gone, the numbers begin again.
  log_.reset();
  std::filesystem::remove_all(folder_.log());
  Open();
  Fill(5);
  EXPECT_THAT(Export(), IsError(Code::kInvalidArgument, "ends with 5"));
  Fill(10);
  EXPECT_THAT(Export(), IsError(Code::kInvalidArgument, "event 10"));
}

}  // namespace
}  // namespace sluice::server
