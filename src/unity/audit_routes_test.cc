// The audit log, and why somebody may do something, over REST.
#include <gmock/gmock.h>

#include "audit/file_log.h"
#include "audit/testing/events.h"
#include "base/testing/matchers.h"
#include "unity/testing/tree_api.h"

namespace sluice::unity {
namespace {

using catalog::Kind;
using catalog::Privilege;
using sluice::testing::IsOk;
using testing::ApiAnswer;
using ::testing::SizeIs;

class AuditRoutesTest : public ::testing::Test, public testing::TreeApi {
 protected:
  AuditRoutesTest() {
    log_ = audit::FileLog::Open({.folder = Path("audit")}, clock, nullptr).value();
    for (int i = 0; i < 3; ++i) {
      Append(audit::testing::ReadEvent("acme", "retail", "s.t", 10, clock.Now()));
      Append(audit::testing::DenialEvent("umbrella", 403, clock.Now()));
    }
  }

  void Append(const audit::Event& event) {
    ASSERT_THAT(log_->Append(event, audit::Sync::kNow), IsOk());
  }
  ApiAnswer Ask(const catalog::Caller& who, std::string_view path) {
    return Call(who, net::Method::kGet, "/2.1/sluice/" + std::string(path));
  }
  const json::Array& Events(const ApiAnswer& answer) {
    return answer.body.as_object().at("events").as_array();
  }

  std::unique_ptr<audit::FileLog> log_;
};

TEST_F(AuditRoutesTest, TellsAdministratorsWhatHappened) {
  const ApiAnswer all = Ask(root, "audit-events");
  ASSERT_EQ(all.status, 200) << all.text;
  EXPECT_THAT(Events(all), SizeIs(6));
  const ApiAnswer refused = Ask(root, "audit-events?status_class=4&recipient_name=umbrella");
  EXPECT_THAT(Events(refused), SizeIs(3));
  EXPECT_EQ(Events(refused)[0].at("response").at("status_code").as_int64(), 403);
  EXPECT_THAT(Events(Ask(root, "audit-events?action_name=deltaSharingQueriedTable&action_name=x")),
              SizeIs(3));
  EXPECT_THAT(Events(Ask(root, "audit-events?start_time=1700000000001")), SizeIs(0));
  for (const std::string_view bad : {"status=99", "status_class=6", "start_time=-1",
                                     "end_time=today", "max_results=x", "page_token=!"}) {
    EXPECT_EQ(Ask(root, "audit-events?" + std::string(bad)).Text("error_code"),
              "INVALID_PARAMETER_VALUE")
        << bad;
  }
  EXPECT_EQ(Ask(bob, "audit-events").status, 403);
}

TEST_F(AuditRoutesTest, ATokenOfAPageIsForItsFilters) {
  const ApiAnswer first = Ask(root, "audit-events?recipient_name=acme&max_results=2");
  EXPECT_THAT(Events(first), SizeIs(2));
  const std::string behind = "&max_results=2&page_token=" + first.Text("next_page_token");
  const ApiAnswer second = Ask(root, "audit-events?recipient_name=acme" + behind);
  EXPECT_THAT(Events(second), SizeIs(1));
  EXPECT_EQ(Ask(root, "audit-events?recipient_name=umbrella" + behind).status, 400);
  EXPECT_EQ(Ask(root, "audit-events?" + behind.substr(1)).status, 400);
}

TEST_F(AuditRoutesTest, SumsUpWhoReadWhat) {
  EXPECT_EQ(Ask(root, "audit-summary").Text("rows"),
            R"([{"share_name":"retail","recipient_name":"acme","table_name":"s.t","accesses":3,)"
            R"("bytes_read":30,"first_access":1700000000000,"last_access":1700000000000}])");
  EXPECT_EQ(Ask(root, "audit-summary?share_name=other").Text("rows"), "[]");
  EXPECT_EQ(Ask(bob, "audit-summary").status, 403);
}

TEST_F(AuditRoutesTest, ExplainsAccessToWhoeverMayKnow) {
  ASSERT_EQ(Post(root, "catalogs", R"({"name":"sales"})").status, 200);
  const std::string path = "explain-access?securable_type=catalog&full_name=sales";
  const ApiAnswer own = Ask(root, path);
  ASSERT_EQ(own.status, 200) << own.text;
  EXPECT_EQ(own.Text("principal"), "root@example.org");
  EXPECT_EQ(own.Text("allowed"), "true");
  EXPECT_EQ(Ask(bob, path).Text("error_code"), "CATALOG_DOES_NOT_EXIST");
  Grant(bob, Privilege::kUseCatalog, Kind::kCatalog, "sales");
  EXPECT_EQ(Ask(bob, path + "&privilege=SELECT").Text("allowed"), "false");
  EXPECT_EQ(Ask(bob, path + "&principal=root@example.org").status, 403);
  EXPECT_EQ(Ask(root, path + "&principal=bob@example.org").Text("principal"), "bob@example.org");
  EXPECT_EQ(Ask(root, path + "&principal=nobody").Text("error_code"), "PRINCIPAL_DOES_NOT_EXIST");
  EXPECT_EQ(Ask(root, "explain-access?securable_type=planet&full_name=x").status, 400);
}

}  // namespace
}  // namespace sluice::unity
