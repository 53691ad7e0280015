#include "base/metrics.h"

#include "base/testing/matchers.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, RendersWhatHappened) {
  Metrics metrics;
  metrics.RequestDone("/shares", 200, 0.002, 10);
  metrics.RequestDone("/shares", 200, 0.002, 10);
  metrics.RequestDone("/shares", 404, 0.002, 5);
  metrics.ConnectionOpened();
  metrics.FilesSent(7);
  metrics.FilesSkipped(3);
  metrics.SnapshotLoaded(true, 0.1);
  metrics.RequestRejected("too_many_connections");
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("sluice_http_requests_total{route=\"/shares\",status=\"200\"} 2"));
  EXPECT_THAT(text, HasSubstr("sluice_http_requests_total{route=\"/shares\",status=\"404\"} 1"));
  EXPECT_THAT(text, HasSubstr("sluice_http_response_bytes_total 25"));
  EXPECT_THAT(text, HasSubstr("sluice_http_connections 1"));
  EXPECT_THAT(text, HasSubstr("sluice_files_sent_total 7"));
  EXPECT_THAT(text, HasSubstr("sluice_files_skipped_total 3"));
  EXPECT_THAT(text, HasSubstr("kind=\"incremental\""));
  EXPECT_THAT(text, HasSubstr("reason=\"too_many_connections\""));
}

}  // namespace
}  // namespace sluice
