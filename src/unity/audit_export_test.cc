#include "unity/audit_export.h"

#include <algorithm>

#include "audit/file_log.h"
#include "audit/testing/events.h"
#include "audit/testing/temp_folder.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::unity {
namespace {

using ::sluice::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class AuditExportTest : public ::testing::Test {
 protected:
  void Fill(int count) {
    const auto log =
        audit::FileLog::Open({.folder = folder_.log(), .segment_size = KiB(8)}, clock_, nullptr)
            .value();
    for (int i = 0; i < count; ++i) {
      audit::Event event = audit::testing::ReadEvent("acme", "s", "d.t", i, clock_.Now());
      event.user_agent = "=1+1";
      ASSERT_THAT(log->Append(event, audit::Sync::kSoon), IsOk());
    }
  }
  std::string Export(const audit::Filter& filter, AuditFormat format, size_t piece) {
    const auto source =
        ExportAudit(audit::Reader::Open(folder_.log()).value(), filter, format).value();
    std::string all;
    std::string out(piece, '\0');
    while (const size_t size = source->Next(out).value()) all += out.substr(0, size);
    return all;
  }

  audit::testing::TempFolder folder_;
  sluice::testing::ManualClock clock_{FromUnixMillis(1'735'787'045'123)};
};

TEST_F(AuditExportTest, LinesAsInTheLogWhateverThePieces) {
  Fill(40);
  std::string expected;
  for (const auto& segment : folder_.Segments()) {
    for (const std::string& line : folder_.Lines(segment)) {
      if (!line.starts_with("{\"segment\":")) expected += line + '\n';
    }
  }
  for (const size_t piece : {1, 700, 100'000}) {
    EXPECT_EQ(Export({}, AuditFormat::kJsonLines, piece), expected) << piece;
  }
  EXPECT_EQ(Export({.recipient = "nobody"}, AuditFormat::kJsonLines, 100), "");
}

TEST_F(AuditExportTest, ATableForASpreadsheet) {
  Fill(1);
  const std::string csv = Export({}, AuditFormat::kCsv, 100);
  EXPECT_THAT(csv, StartsWith("event_time,service_name,action_name,status_code,"));
  EXPECT_THAT(csv, HasSubstr("\r\n2025-01-02T03:04:05.123Z,unityCatalog,deltaSharingQueriedTable,"
                             "200,,acme,recipient:3f2504e0-4f89-41d3-9a0c-0305e82c3301,acme,s,d.t,"
                             "0,granted,192.0.2.7,\"'=1+1\","));
  EXPECT_THAT(csv, HasSubstr("\"{\"\"share\"\":\"\"s\"\","));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 2);
  EXPECT_EQ(std::ranges::count(Export({.recipient = "nobody"}, AuditFormat::kCsv, 100), '\n'), 1);
}

}  // namespace
}  // namespace sluice::unity
