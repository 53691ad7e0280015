#include "delta/log_path.h"

#include <random>

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;

LogFileKind KindOf(std::string_view name) { return ParseLogName(name).kind; }

TEST(ParseLogName, KnowsCommitsAndCheckpoints) {
  EXPECT_EQ(KindOf("00000000000000000007.json"), LogFileKind::kCommit);
  EXPECT_EQ(ParseLogName("00000000000000000007.json").version, 7);
  EXPECT_EQ(KindOf("00000000000000000010.checkpoint.parquet"), LogFileKind::kCheckpoint);
  const LogName part =
      ParseLogName("00000000000000000010.checkpoint.0000000002.0000000003.parquet");
  EXPECT_EQ(part.kind, LogFileKind::kCheckpointPart);
  EXPECT_EQ(part.version, 10);
  EXPECT_EQ(part.part, 2U);
  EXPECT_EQ(part.parts, 3U);
  const std::string v2 = "00000000000000000010.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.";
  EXPECT_EQ(KindOf(v2 + "json"), LogFileKind::kV2Checkpoint);
  EXPECT_EQ(KindOf(v2 + "parquet"), LogFileKind::kV2Checkpoint);
  EXPECT_TRUE(ParseLogName(v2 + "json").is_json);
  EXPECT_FALSE(ParseLogName(v2 + "parquet").is_json);
  const LogName compacted =
      ParseLogName("00000000000000000001.00000000000000000004.compacted.json");
  EXPECT_EQ(compacted.kind, LogFileKind::kCompacted);
  EXPECT_EQ(compacted.first, 1);
  EXPECT_EQ(compacted.version, 4);
  EXPECT_EQ(KindOf("00000000000000000007.crc"), LogFileKind::kChecksum);
}

TEST(ParseLogName, PassesOverTheRest) {
  for (const std::string_view name :
       {"",
        "_last_checkpoint",
        ".00000000000000000007.json.crc",
        "00000000000000000004.00000000000000000001.compacted.json",
        "00000000000000000001.00000000000000000004.compacted.parquet",
        "00000000000000000001.0000000000000000000x.compacted.json",
        "00000000000000000001-00000000000000000004.compacted.json",
        "00000000000000000007.crc.tmp",
        "00000000000000000007.80a083e8-7026-4e79-81be-64bd76c43a11.json",
        "7.json",
        "0000000000000000007.json",
        "00000000000000000007.json.tmp",
        "00000000000000000007json",
        "99999999999999999999.json",
        "0000000000000000000x.json",
        "00000000000000000007.JSON",
        "00000000000000000010.checkpoint.0000000000.0000000003.parquet",
        "00000000000000000010.checkpoint.0000000004.0000000003.parquet",
        "00000000000000000010.checkpoint.0000000001.0000000003.json",
        "00000000000000000010.checkpoint.01.03.parquet",
        "00000000000000000010.checkpoint.not-a-uuid.parquet",
        "00000000000000000010.checkpoint.9999999999.9999999999.parquet",
        "00000000000000000010.checkpoint.parquet.tmp"}) {
    EXPECT_EQ(KindOf(name), LogFileKind::kOther) << name;
  }
}

TEST(CommitKey, HasTwentyDigits) {
  EXPECT_EQ(CommitKey(0), "_delta_log/00000000000000000000.json");
  EXPECT_EQ(CommitKey(INT64_MAX), "_delta_log/09223372036854775807.json");
  EXPECT_LE(FirstKeyOf(7), CommitKey(7));
  EXPECT_GT(FirstKeyOf(8), CommitKey(7));
}

TEST(ObjectKey, DecodesOnce) {
  EXPECT_THAT(ObjectKey("part-0.parquet"), IsOkAnd("part-0.parquet"));
  EXPECT_THAT(ObjectKey("d=a%20b/s=100%2525/p"), IsOkAnd("d=a b/s=100%25/p"));
  EXPECT_THAT(ObjectKey("s=\xe6\x97\xa5/p"), IsOkAnd("s=\xe6\x97\xa5/p"));
  EXPECT_THAT(ObjectKey("s=colon%253Asemi;/p"), IsOkAnd("s=colon%3Asemi;/p"));
  EXPECT_THAT(ObjectKey("./a//b/."), IsOkAnd("a/b"));
  EXPECT_THAT(ObjectKey("a/..b/c.."), IsOkAnd("a/..b/c.."));
}

TEST(ObjectKey, RefusesWhatLeadsOutside) {
  for (const std::string_view path :
       {"/etc/passwd", "file:/x", "file:///x", "s3://bucket/x", "S3A:x", "../x", "a/../../x", "..",
        "%2e%2e/x", "a/%2E./x", "%2Fetc/passwd", "a%2F..%2Fb", "..//Users/x"}) {
    EXPECT_THAT(ObjectKey(path), IsError(Code::kUnsupported, "outside of its own folder")) << path;
    EXPECT_TRUE(IsOutside(path)) << path;
  }
  EXPECT_FALSE(IsOutside("a/b%20c"));
  EXPECT_FALSE(IsOutside("x=1/a:b"));
}

TEST(ObjectKey, RefusesWhatIsNoUri) {
  for (const std::string_view path : {"", "a%", "a%2", "a%zz", "a%00b", "./", "/."}) {
    EXPECT_FALSE(ObjectKey(path).has_value()) << path;
  }
  EXPECT_THAT(ObjectKey("a%zz"), IsError(Code::kCorrupt));
  EXPECT_THAT(ObjectKey("a%00b"), IsError(Code::kCorrupt));
  EXPECT_EQ(ObjectKey("a%zz").error().message.find("zz"), std::string::npos);
}

TEST(SidecarKey, IsANameInTheFolderOfSidecars) {
  EXPECT_THAT(SidecarKey("3a0d65cd.parquet"), IsOkAnd("_delta_log/_sidecars/3a0d65cd.parquet"));
  EXPECT_THAT(SidecarKey("./a%20b"), IsOkAnd("_delta_log/_sidecars/a b"));
  EXPECT_THAT(SidecarKey("a/b"), IsError(Code::kCorrupt, "broken path"));
  EXPECT_THAT(SidecarKey("a%2Fb"), IsError(Code::kCorrupt, "broken path"));
  EXPECT_THAT(SidecarKey("a%zz"), IsError(Code::kCorrupt));
  for (const std::string_view path :
       {"../a", "a/../b", "%2E%2e/a", "/a", "%2fa", "s3://b/_delta_log/_sidecars/a", "file:a"}) {
    EXPECT_THAT(SidecarKey(path), IsError(Code::kUnsupported)) << path;
  }
}

TEST(CanonicalPath, IsOneForAllWritingsOfAPath) {
  for (const std::string_view path :
       {"s=a%20b/p%7Eq", "s=a b/p~q", "./s=a%20b//p~q", "s%3da%20b/p~q", "s%3Da%20b/%70~q"}) {
    EXPECT_EQ(CanonicalPath(path), "s=a%20b/p~q") << path;
  }
  EXPECT_EQ(CanonicalPath("%E6%97%A5"), "\xe6\x97\xa5");
  EXPECT_EQ(CanonicalPath("a%2fb"), "a/b");
}

TEST(CanonicalPath, KeepsDifferentFilesApart) {
  EXPECT_NE(CanonicalPath("a%2520b"), CanonicalPath("a%20b"));
  EXPECT_NE(CanonicalPath("a+b"), CanonicalPath("a%20b"));
  EXPECT_NE(CanonicalPath("A"), CanonicalPath("a"));
  EXPECT_NE(CanonicalPath("/a"), CanonicalPath("a"));
  EXPECT_NE(CanonicalPath("s3://b/a"), CanonicalPath("/b/a"));
}

TEST(ObjectKey, IsTheSameThroughAScratchString) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {
      "a",   "part-0", "/", ".", "..", "%20",      "%3A",    "%2F", "%2E", "%00",  "%2520",
      "%zz", "%",      ":", " ", "=",  "\xc3\xa9", "%C3%A9", "%25", "~",   "file:"};
  std::string scratch = "left from before";
  size_t keys = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string path;
    for (size_t n = random() % 6; n > 0; --n) path += pieces[random() % pieces.size()];
    const Result<std::string> expected = ObjectKey(path);
    const Result<std::string_view> key = ObjectKey(path, scratch);
    ASSERT_EQ(key.has_value(), expected.has_value()) << path;
    if (expected.has_value()) {
      EXPECT_EQ(*key, *expected) << path;
      ++keys;
    } else {
      EXPECT_EQ(key.error().code, expected.error().code) << path;
    }
  }
  EXPECT_GT(keys, 1000U);
}

TEST(CanonicalPath, HasOneFormOfFileUris) {
  for (const std::string_view path :
       {"/some/p@%23h", "file:/some/p@%23h", "file:///some/p@%23h", "FILE:/some/p%40%23h"}) {
    EXPECT_EQ(CanonicalPath(path), "file:/some/p@%23h") << path;
  }
  EXPECT_EQ(CanonicalPath("s3://b/a%20b"), "s3://b/a%20b");
}

TEST(CanonicalPath, LeavesMostPathsAsTheyAre) {
  for (const std::string_view path :
       {"part-00000-23888aaa-49e0-404d-9b91-363801974746-c000.snappy.parquet",
        "d=1969-12-31/s=emoji\xf0\x9f\x98\x80/part-0.c000.snappy.parquet",
        "d=__HIVE_DEFAULT_PARTITION__/s=%255Bbr%255D%257Bac%7D/p", "s=comma,dot./p;q"}) {
    EXPECT_TRUE(IsCanonicalPath(path)) << path;
    EXPECT_EQ(CanonicalPath(path), path);
  }
  for (const std::string_view path :
       {"a b", "a%20b%2", "a%7e", "a%3d", "a//b", "/a", "a/", "x:y"}) {
    EXPECT_FALSE(IsCanonicalPath(path)) << path;
  }
}

TEST(CanonicalPath, OfAPathThatIsNoUriIsThePath) { EXPECT_EQ(CanonicalPath("a%zz b"), "a%zz b"); }

}  // namespace
}  // namespace sluice::delta
