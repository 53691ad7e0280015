#include <unistd.h>

#include <filesystem>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/testing/one_table.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "sharing/operations.h"
#include "storage/testing/temp_folder.h"

namespace sluice::sharing {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using std::chrono::seconds;

// One table, shared with "me".
class GetFileTest : public ::testing::Test {
 protected:
  GetFileTest() {
    folder_.Write("table/own.parquet", "own");
    folder_.Write("source/a b/their.parquet", "their");
    folder_.Write("secret.parquet", "hush");
    std::filesystem::create_symlink(folder_ / "secret.parquet", folder_ / "source/link.parquet");
  }

  std::string Path(std::string_view name) const { return (folder_ / std::string(name)).string(); }

  // What a link leads to: a path below a location; empty: the table.
  struct To {
    std::string location;
    std::string file;
    std::string principal = "me";
  };
  // The text of the answer when the configuration names these external locations.
  Result<std::string> Get(const To& to, const std::vector<std::string>& external) {
    Options options;
    options.external = std::make_shared<const delta::ExternalLocations>(external);
    catalog::SharedTable table;
    table.id = "t";
    table.location = Path("table");
    const catalog::testing::OneTable resolver(std::move(table));
    const Services services{resolver,       snapshots_, key_,     tokens_,
                            async_queries_, clock_,     metrics_, options};
    const LinkGrant grant{to.principal, "t", 0, clock_.Now(), seconds(60)};
    std::string link;
    const std::string name = to.location.empty() ? "" : key_.NameOf(to.location);
    LinkWriter(key_, grant, "", name).Append(to.file, std::nullopt, ".parquet", link);
    const size_t query = link.find('?');
    net::Request request;
    request.query = net::QueryParams::Parse(link.substr(query + 1)).value();
    request.params = {{"payload", link.substr(7, link.find('/', 7) - 7)}, {"name", "x.parquet"}};
    const auto response = TRY(GetFile(services, request));
    const auto* body = std::get_if<net::FileBody>(&response.body);
    if (body == nullptr) return Fail(Code::kInternal, "no file");
    std::string text(body->length(), '\0');
    EXPECT_EQ(::pread(body->fd(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
  }
  storage::testing::TempFolder folder_;
  const delta::testing::LineCheckpointReader reader_;
  const sluice::testing::ManualClock clock_{SystemClock().Now() + seconds(5)};
  SecureRandom random_;
  Metrics metrics_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  delta::Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
  const LinkKey key_{std::string(32, 'k')};
  const TokenSealer tokens_{std::string(32, 'k'), random_, clock_};
  AsyncQueries async_queries_{{}, clock_, metrics_, {}};
};

TEST_F(GetFileTest, ServesFilesOfTheTableAndBelowExternalLocations) {
  EXPECT_EQ(Get({"", "own.parquet"}, {}).value_or("-"), "own");
  const std::string source = Path("source");
  EXPECT_EQ(Get({source, "a%20b/their.parquet"}, {source}).value_or("-"), "their");
  EXPECT_EQ(Get({source, "a%20b/their.parquet"}, {"/elsewhere", source}).value_or("-"), "their");
}

TEST_F(GetFileTest, ALocationThatIsConfiguredNoMoreKillsItsLinks) {
  const std::string source = Path("source");
  const auto refused = IsError(Code::kPermissionDenied);
  const To file{source, "a%20b/their.parquet"};
  EXPECT_THAT(Get(file, {}), refused);
  EXPECT_THAT(Get(file, {"/elsewhere"}), refused);
  // A wider or narrower one is another one.
  EXPECT_THAT(Get(file, {folder_.path().string()}), refused);
  EXPECT_THAT(Get(file, {source + "/a b"}), refused);
  EXPECT_THAT(Get({source, file.file, "somebody"}, {source}), refused);
}

TEST_F(GetFileTest, NothingLeadsOutOfALocation) {
  const std::string source = Path("source");
  for (const std::string& location : {std::string(), source}) {
    for (const std::string& file :
         {std::string("../secret.parquet"), std::string("%2e%2e/secret.parquet"),
          Path("secret.parquet"), "file:" + Path("secret.parquet")}) {
      EXPECT_THAT(Get({location, file}, {source}), IsError(Code::kUnsupported)) << file;
    }
  }
  // A symbolic link; the store refuses it as one of the table's own.
  const auto linked = Get({source, "link.parquet"}, {source});
  ASSERT_FALSE(linked.has_value());
  EXPECT_EQ(linked.error().message.find(folder_.path().string()), std::string::npos);
  EXPECT_THAT(Get({source, "none.parquet"}, {source}), IsError(Code::kNotFound));
}

}  // namespace
}  // namespace sluice::sharing
