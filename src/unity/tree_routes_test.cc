// Catalogs, schemas, tables and the metastore over REST.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "unity/table_lists.h"
#include "unity/testing/tree_api.h"

namespace sluice::unity {
namespace {

namespace fs = std::filesystem;
using catalog::Kind;
using catalog::Privilege;
using testing::ApiAnswer;
using ::testing::HasSubstr;
using ::testing::Not;

const fs::path kShared = SLUICE_SHARED_DIR;

class TreeRoutesTest : public ::testing::Test, public testing::TreeApi {
 protected:
  TreeRoutesTest() {
    EXPECT_EQ(Post(root, "catalogs", R"({"name":"sales","comment":"c"})").status, 200);
    EXPECT_EQ(Post(root, "schemas", R"({"name":"public","catalog_name":"sales"})").status, 200);
  }

  void WriteLog(std::string_view table, int64_t version, std::string_view lines) {
    const fs::path log = folder / (std::string(table) + "/_delta_log");
    fs::create_directories(log);
    std::ofstream(log / fmt::format("{:020}.json", version), std::ios::binary) << lines;
  }
  static std::string MetadataLine(std::string_view more = {}) {
    return fmt::format(
        R"({{"metaData":{{"id":"t","format":{{"provider":"parquet","options":{{}}}},)"
        R"("schemaString":"{{\"type\":\"struct\",\"fields\":[)"
        R"({{\"name\":\"id\",\"type\":\"long\",\"nullable\":false,)"
        R"(\"metadata\":{{\"comment\":\"key\"}}}},)"
        R"({{\"name\":\"day\",\"type\":\"decimal(10,2)\",\"nullable\":true,\"metadata\":{{}}}}{}]}}",)"
        R"("partitionColumns":["day"],"configuration":{{}}}}}})"
        "\n",
        more);
  }
  void MakeLog(std::string_view table) {
    WriteLog(table, 0,
             R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
             "\n" +
                 MetadataLine());
  }
  std::string TableBody(std::string_view name, std::string_view location,
                        std::string_view more = {}) {
    return fmt::format(R"({{"name":"{}","catalog_name":"sales","schema_name":"public",)"
                       R"("table_type":"EXTERNAL","data_source_format":"DELTA",)"
                       R"("storage_location":"{}"{}}})",
                       name, location, more);
  }
  ApiAnswer MakeTable(std::string_view name) {
    MakeLog(name);
    return Post(root, "tables", TableBody(name, Path(name)));
  }
};

TEST_F(TreeRoutesTest, CatalogsAndSchemas) {
  const ApiAnswer made = Get(root, "catalogs/sales");
  EXPECT_EQ(made.Text("comment"), "c");
  EXPECT_EQ(made.Text("owner"), "root@example.org");
  EXPECT_EQ(made.Text("catalog_type"), "MANAGED_CATALOG");
  EXPECT_EQ(made.Text("created_at"), "1700000000000");
  EXPECT_THAT(Get(root, "schemas?catalog_name=sales&max_results=0").text, HasSubstr("\"public\""));
  const ApiAnswer changed =
      Patch(root, "schemas/sales.public", R"({"new_name":"open","properties":{"a":"b"}})");
  EXPECT_EQ(changed.Text("full_name"), "sales.open");
  EXPECT_EQ(changed.Text("properties"), R"({"a":"b"})");
  EXPECT_EQ(Delete(root, "schemas/sales.open").status, 200);
  EXPECT_EQ(Get(root, "schemas/sales.open").status, 404);
  EXPECT_EQ(Get(root, "schemas").Text("error_code"), "INVALID_PARAMETER_VALUE");
}

TEST_F(TreeRoutesTest, WhatIsNotVisibleDoesNotExist) {
  ASSERT_EQ(MakeTable("t").status, 200);
  for (const std::string_view path :
       {"catalogs/sales", "schemas/sales.public", "tables/sales.public.t",
        "schemas?catalog_name=sales", "tables?catalog_name=sales&schema_name=public",
        "table-summaries?catalog_name=sales"}) {
    const ApiAnswer answer = Get(bob, path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.Text("error_code"), HasSubstr("DOES_NOT_EXIST")) << path;
  }
  EXPECT_EQ(Get(bob, "tables/sales.public.t/exists").Text("table_exists"), "false");
  EXPECT_EQ(Get(root, "tables/sales.public.t/exists").Text("table_exists"), "true");
  EXPECT_THAT(Get(bob, "catalogs").text, Not(HasSubstr("sales")));
  EXPECT_EQ(Delete(bob, "tables/sales.public.t").status, 404);
}

TEST_F(TreeRoutesTest, ColumnsComeFromTheLog) {
  const ApiAnswer made = MakeTable("t");
  ASSERT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(made.Text("table_type"), "EXTERNAL");
  EXPECT_EQ(made.Text("storage_location"), "file://" + Path("t"));
  EXPECT_EQ(made.Text("storage_credential_name"), "local");
  const json::Array& columns = made.body.at("columns").as_array();
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(json::Serialize(columns[0]),
            R"({"name":"id","type_text":"bigint","type_name":"LONG","type_json":)"
            R"("{\"name\":\"id\",\"type\":\"long\",\"nullable\":false,)"
            R"(\"metadata\":{\"comment\":\"key\"}}","type_precision":0,"type_scale":0,)"
            R"("position":0,"nullable":false,"comment":"key"})");
  EXPECT_EQ(columns[1].at("type_text").as_string(), "decimal(10,2)");
  EXPECT_EQ(columns[1].at("type_precision").as_int64(), 10);
  EXPECT_EQ(columns[1].at("type_scale").as_int64(), 2);
  EXPECT_EQ(columns[1].at("partition_index").as_int64(), 0);

  // A GET tells what is there now, a list what was there.
  WriteLog("t", 1,
           MetadataLine(R"(,{\"name\":\"tags\",\"type\":{\"type\":\"array\",\"elementType\":)"
                        R"(\"string\",\"containsNull\":true},\"nullable\":true,\"metadata\":{}})"));
  EXPECT_THAT(Get(root, "tables/sales.public.t").text, HasSubstr("array<string>"));
  const std::string list = "tables?catalog_name=sales&schema_name=public";
  EXPECT_THAT(Get(root, list).text, Not(HasSubstr("array<string>")));
  EXPECT_THAT(Get(root, list + "&omit_columns=true").text, Not(HasSubstr("bigint")));
  EXPECT_THAT(Get(root, list + "&omit_username=true").text, Not(HasSubstr("root@example.org")));
  // What cannot be read any more is shown as it was.
  fs::remove_all(folder / "t");
  EXPECT_THAT(Get(root, "tables/sales.public.t").text, HasSubstr("bigint"));
}

TEST_F(TreeRoutesTest, GivenColumnsMustBeTheTables) {
  MakeLog("t");
  const auto make = [&](std::string_view columns) {
    return Post(root, "tables", TableBody("t", Path("t"), fmt::format(",\"columns\":{}", columns)));
  };
  EXPECT_THAT(make(R"([{"name":"nope"}])").Text("message"), HasSubstr("'nope' is not in"));
  EXPECT_THAT(make(R"([{"name":"ID"}])").Text("message"), HasSubstr("has 2 columns"));
  EXPECT_THAT(make(R"([{"name":"id","type_name":"STRING"},{"name":"day"}])").Text("message"),
              HasSubstr("is LONG"));
  EXPECT_EQ(make(R"([{"name":"ID","type_name":"LONG"},{"name":"day"}])").status, 200);
}

TEST_F(TreeRoutesTest, WhatIsNoTableIsRefused) {
  fs::create_directories(folder / "plain");
  const ApiAnswer plain = Post(root, "tables", TableBody("t", Path("plain")));
  EXPECT_EQ(plain.status, 400);
  EXPECT_THAT(plain.Text("message"), HasSubstr("not a Delta table"));
  EXPECT_THAT(Post(root, "tables", TableBody("t", "/etc")).Text("message"),
              HasSubstr("not inside any local root"));
  EXPECT_THAT(Post(root, "tables", TableBody("t", "s3://lake/t")).Text("message"),
              HasSubstr("No parent external location"));
  WriteLog("broken", 0, "secret-bytes\n");
  const ApiAnswer broken = Post(root, "tables", TableBody("t", Path("broken")));
  EXPECT_GE(broken.status, 400);
  EXPECT_THAT(broken.text, Not(HasSubstr(folder.path().string())));
  EXPECT_EQ(Post(root, "tables", R"({"name":"t"})").Text("message"),
            "CreateTable Missing required field: catalog_name");
}

TEST_F(TreeRoutesTest, ALinkThatCameLaterIsNotFollowed) {
  ASSERT_EQ(MakeTable("t").status, 200);
  const catalog::testing::LakeFolder outside;
  fs::rename(folder / "t", outside / "t");
  fs::create_directory_symlink(outside / "t", folder / "t");
  WriteLog("t", 1, MetadataLine(R"(,{\"name\":\"leak\",\"type\":\"long\",\"metadata\":{}})"));
  const ApiAnswer answer = Get(root, "tables/sales.public.t");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.text, Not(HasSubstr("leak")));
}

TEST_F(TreeRoutesTest, AManagedTableIsWrittenEmpty) {
  ASSERT_EQ(
      Patch(root, "metastores/sluice", fmt::format(R"({{"storage_root":"{}"}})", Path("managed")))
          .status,
      200);
  const ApiAnswer made = Post(
      root, "tables",
      R"({"name":"m","catalog_name":"sales","schema_name":"public","table_type":"MANAGED",)"
      R"x("columns":[{"name":"b","type_text":"decimal(5,1)","position":1,"partition_index":0},)x"
      R"({"name":"a","type_text":"bigint","position":0,"nullable":false,"comment":"key"}]})");
  ASSERT_EQ(made.status, 200) << made.text;
  const ApiAnswer read = Get(root, "tables/sales.public.m");
  EXPECT_EQ(read.Text("columns"), made.Text("columns"));
  EXPECT_EQ(read.body.at("columns").at(0).at("name").as_string(), "a");
  EXPECT_EQ(read.body.at("columns").at(1).at("type_name").as_string(), "DECIMAL");
  EXPECT_TRUE(fs::exists(read.Text("storage_location").substr(7) +
                         "/_delta_log/00000000000000000000.json"));
  const std::string head =
      R"({"name":"n","catalog_name":"sales","schema_name":"public","table_type":"MANAGED")";
  EXPECT_EQ(Post(root, "tables", head + "}").status, 400);
  EXPECT_THAT(Post(root, "tables", head + R"(,"columns":[{"name":"x","type_text":"geo"}]})")
                  .Text("message"),
              HasSubstr("'x' is not understood"));
}

TEST_F(TreeRoutesTest, SummariesFollowPatternsAndPages) {
  for (const std::string_view name : {"t1", "t2", "u1"}) ASSERT_EQ(MakeTable(name).status, 200);
  ASSERT_EQ(Post(root, "schemas", R"({"name":"raw","catalog_name":"sales"})").status, 200);
  MakeLog("r1");
  std::string body = TableBody("r1", Path("r1"));
  body.replace(body.find("\"public\""), 8, "\"raw\"");
  ASSERT_EQ(Post(root, "tables", body).status, 200);

  const std::string base = "table-summaries?catalog_name=sales";
  EXPECT_EQ(Get(root, base + "&table_name_pattern=t%25").Text("tables"),
            R"([{"full_name":"sales.public.t1","table_type":"EXTERNAL"},)"
            R"({"full_name":"sales.public.t2","table_type":"EXTERNAL"}])");
  EXPECT_THAT(Get(root, base + "&schema_name_pattern=ra_").text, Not(HasSubstr("public")));
  std::vector<std::string> names;
  std::string token;
  for (int pages = 0; pages < 20; ++pages) {
    const ApiAnswer page = Get(root, base + "&max_results=1&page_token=" + token);
    for (const json::Value& one : page.body.at("tables").as_array()) {
      names.emplace_back(one.at("full_name").as_string());
    }
    token = page.Text("next_page_token");
    if (token == "(none)") break;
  }
  EXPECT_THAT(names, ::testing::ElementsAre("sales.public.t1", "sales.public.t2", "sales.public.u1",
                                            "sales.raw.r1"));
}

TEST_F(TreeRoutesTest, ATokenOfAPageIsForItsParentAndFilters) {
  ASSERT_EQ(Post(root, "schemas", R"({"name":"raw","catalog_name":"sales"})").status, 200);
  for (const std::string_view name : {"t1", "t2", "t3"}) ASSERT_EQ(MakeTable(name).status, 200);
  const std::string list = "tables?catalog_name=sales&schema_name=public&omit_columns=true";
  const ApiAnswer first = Get(root, list + "&max_results=1");
  const std::string token = "&page_token=" + first.Text("next_page_token");
  // In any order, and with another size.
  const ApiAnswer rest = Get(root, "tables?schema_name=public&max_results=2" + token +
                                       "&omit_columns=true&catalog_name=sales");
  ASSERT_EQ(rest.status, 200) << rest.text;
  EXPECT_EQ(rest.body.at("tables").as_array().size(), 2u);
  for (const std::string_view other :
       {"tables?catalog_name=sales&schema_name=raw&omit_columns=true",
        "tables?catalog_name=sales&schema_name=public",
        "tables?catalog_name=sales&schema_name=public&omit_columns=false",
        "table-summaries?catalog_name=sales&schema_name=public&omit_columns=true",
        "schemas?catalog_name=sales&schema_name=public&omit_columns=true"}) {
    const ApiAnswer refused = Get(root, std::string(other) + token);
    EXPECT_EQ(refused.status, 400) << other;
    EXPECT_EQ(refused.Text("error_code"), "INVALID_PARAMETER_VALUE") << other;
    EXPECT_THAT(refused.Text("message"), HasSubstr("page_token")) << other;
  }
}

TEST_F(TreeRoutesTest, CatalogsAndTablesAreChangedAndDeleted) {
  ASSERT_EQ(MakeTable("t").status, 200);
  EXPECT_EQ(Patch(root, "tables/sales.public.t", R"({"comment":"c"})").status, 200);
  EXPECT_EQ(Get(root, "tables/sales.public.t").Text("comment"), "c");
  EXPECT_EQ(Patch(bob, "tables/sales.public.t", R"({"owner":"bob@example.org"})").status, 404);
  const ApiAnswer changed = Patch(root, "catalogs/sales", R"({"new_name":"s2","comment":"d"})");
  EXPECT_EQ(changed.Text("name"), "s2");
  EXPECT_EQ(changed.Text("comment"), "d");
  EXPECT_EQ(Delete(root, "catalogs/s2").Text("error_code"), "INVALID_STATE");
  EXPECT_EQ(Delete(root, "tables/s2.public.t").status, 200);
  EXPECT_TRUE(fs::exists(folder / "t/_delta_log"));
  EXPECT_EQ(Get(root, "tables/s2.public.t").status, 404);
  EXPECT_EQ(Delete(root, "catalogs/s2?force=maybe").status, 400);
  EXPECT_EQ(Delete(root, "catalogs/s2?force=true").status, 200);
  EXPECT_EQ(Get(root, "catalogs/s2").Text("error_code"), "CATALOG_DOES_NOT_EXIST");
}

TEST_F(TreeRoutesTest, AHistoryIsSharedFromTheVersionOfNow) {
  ASSERT_EQ(MakeTable("t").status, 200);
  WriteLog("t", 1, MetadataLine());
  ASSERT_EQ(Post(root, "shares", R"({"name":"s"})").status, 200);
  const auto update = [&](std::string_view action, std::string_view more) {
    return Patch(root, "shares/s",
                 fmt::format(R"({{"updates":[{{"action":"{}","data_object":{{)"
                             R"("name":"sales.public.t","data_object_type":"TABLE"{}}}}}]}})",
                             action, more));
  };
  constexpr std::string_view kHistory = R"(,"history_data_sharing_status":"ENABLED")";
  EXPECT_THAT(update("ADD", kHistory).text, HasSubstr(R"("start_version":1)"));
  WriteLog("t", 2, MetadataLine());
  EXPECT_THAT(update("UPDATE", R"(,"comment":"c")").text, HasSubstr(R"("start_version":1)"));
  EXPECT_EQ(update("REMOVE", "").status, 200);
  fs::remove_all(folder / "t");
  const ApiAnswer gone = update("ADD", kHistory);
  EXPECT_EQ(gone.status, 404) << gone.text;
  EXPECT_THAT(gone.Text("message"), HasSubstr("'sales.public.t'"));
  EXPECT_THAT(gone.text, Not(HasSubstr(folder.path().string())));
  EXPECT_EQ(update("ADD", std::string(kHistory) + R"(,"start_version":0)").status, 200);
}

TEST_F(TreeRoutesTest, Like) {
  for (const auto& [text, pattern] :
       std::vector<std::pair<std::string, std::string>>{{"abc", "abc"},
                                                        {"ABC", "a%"},
                                                        {"abc", "%c"},
                                                        {"abc", "a_c"},
                                                        {"", "%"},
                                                        {"abc", "%b%"}}) {
    EXPECT_TRUE(IsLike(text, pattern)) << text << ' ' << pattern;
  }
  for (const auto& [text, pattern] : std::vector<std::pair<std::string, std::string>>{
           {"abc", "ab"}, {"abc", "_"}, {"abc", "%d"}, {"", "_"}, {"abc", ""}}) {
    EXPECT_FALSE(IsLike(text, pattern)) << text << ' ' << pattern;
  }
  EXPECT_FALSE(IsLike(std::string(5000, 'a'), "%a%a%a%a%a%a%a%a%a%a%b"));
}

TEST_F(TreeRoutesTest, TheMetastore) {
  const ApiAnswer summary = Get(bob, "metastore_summary");
  EXPECT_EQ(summary.status, 200);
  const std::string id = summary.Text("metastore_id");
  EXPECT_EQ(summary.Text("global_metastore_id"), "sluice:local:" + id);
  EXPECT_EQ(Get(bob, "current-metastore-assignment").Text("metastore_id"), id);
  EXPECT_EQ(Get(bob, "metastores/other").status, 404);
  // All of it is for administrators.
  EXPECT_EQ(Get(bob, "metastores/" + id).status, 403);
  EXPECT_EQ(Get(bob, "metastores").status, 403);
  EXPECT_EQ(Get(root, "metastores/" + id).Text("metastore_id"), id);
  const std::string change = R"({"delta_sharing_recipient_token_lifetime_in_seconds":3600})";
  EXPECT_EQ(Patch(bob, "metastores/" + id, change).status, 403);
  EXPECT_EQ(Patch(root, "metastores/" + id, change)
                .Text("delta_sharing_recipient_token_lifetime_in_seconds"),
            "3600");
  EXPECT_EQ(Post(root, "metastores", R"({"name":"x"})").Text("error_code"), "NOT_IMPLEMENTED");
  EXPECT_EQ(Delete(root, "metastores/" + id).Text("error_code"), "NOT_IMPLEMENTED");
  EXPECT_THAT(Get(root, "metastores").text, HasSubstr(id));
}

TEST_F(TreeRoutesTest, TheOneWorkspaceHasTheOneMetastore) {
  const std::string path = "/2.1/unity-catalog/workspaces/1/metastore";
  const std::string same = fmt::format(R"({{"metastore_id":"{}","default_catalog_name":"sales"}})",
                                       Get(root, "metastore_summary").Text("metastore_id"));
  for (const net::Method method : {net::Method::kPut, net::Method::kPatch}) {
    EXPECT_EQ(Call(root, method, path, same).status, 200);
    EXPECT_EQ(Call(bob, method, path, same).status, 403);
    EXPECT_EQ(Call(root, method, path, R"({"metastore_id":"other"})").Text("error_code"),
              "METASTORE_DOES_NOT_EXIST");
  }
  EXPECT_EQ(Call(root, net::Method::kDelete, path).Text("error_code"), "NOT_IMPLEMENTED");
}

TEST_F(TreeRoutesTest, WhereOnlyMetastoresShareTokensAreRefused) {
  constexpr const char* kRecipient = R"({"name":"acme","authentication_type":"TOKEN"})";
  const std::string metastore = "metastores/" + Get(root, "metastore_summary").Text("metastore_id");
  ASSERT_EQ(Patch(root, metastore, R"({"delta_sharing_scope":"INTERNAL"})").status, 200);
  const ApiAnswer refused = Post(root, "recipients", kRecipient);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.Text("error_code"), "FEATURE_DISABLED");
  EXPECT_THAT(refused.Text("message"), HasSubstr("External Delta Sharing is not enabled"));
  ASSERT_EQ(Patch(root, metastore, R"({"delta_sharing_scope":"INTERNAL_AND_EXTERNAL"})").status,
            200);
  EXPECT_EQ(Post(root, "recipients", kRecipient).status, 200);
}

TEST_F(TreeRoutesTest, RealTables) {
  const fs::path golden = kShared / "delta-tables/golden/data-reader-primitives/delta";
  if (!fs::exists(golden)) GTEST_SKIP() << "no tables at " << kShared;
  fs::copy(golden, folder / "primitives", fs::copy_options::recursive);
  const ApiAnswer made = Post(root, "tables", TableBody("p", Path("primitives")));
  ASSERT_EQ(made.status, 200) << made.text;
  EXPECT_THAT(made.text, HasSubstr(R"("type_text":"tinyint")"));
  EXPECT_THAT(made.text, HasSubstr(R"("type_name":"BINARY")"));
}

}  // namespace
}  // namespace sluice::unity
