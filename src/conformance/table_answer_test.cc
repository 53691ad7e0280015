#include "conformance/table_answer.h"

#include "base/testing/matchers.h"

namespace sluice::conformance {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;

TEST(TableAnswer, ParquetFormat) {
  const auto answer = ReadTableAnswer(R"({"protocol":{"minReaderVersion":1}}
{"metaData":{"id":"x"}}
{"file":{"url":"http://a","id":"1","size":7,"partitionValues":{"d":"1"},"stats":"{}","version":3}}
{"cdf":{"url":"http://b","id":"2","size":8,"expirationTimestamp":9}}
{"endStreamAction":{"nextPageToken":"t"}}
)");
  ASSERT_THAT(answer, IsOk());
  EXPECT_FALSE(answer->delta);
  EXPECT_THAT(answer->order, ElementsAre("protocol", "metaData", "file", "cdf", "endStreamAction"));
  ASSERT_EQ(answer->files.size(), 2U);
  EXPECT_EQ(answer->files[0].size, 7);
  EXPECT_EQ(answer->files[0].version, 3);
  EXPECT_EQ(answer->files[0].partition_values.size(), 1U);
  EXPECT_EQ(answer->files[1].action, "cdf");
  EXPECT_EQ(answer->files[1].expiration_ms, 9);
  EXPECT_TRUE(answer->end.has_value());
}

TEST(TableAnswer, DeltaFormat) {
  const auto answer = ReadTableAnswer(R"({"protocol":{"deltaProtocol":{"minReaderVersion":3}}}
{"metaData":{"version":4,"deltaMetadata":{"id":"x"}}}
{"file":{"id":"1","deltaSingleAction":{"add":{"path":"http://a","size":7}}}}
{"file":{"id":"2","deltaSingleAction":{"remove":{"path":"http://b"}}}}
)");
  ASSERT_THAT(answer, IsOk());
  EXPECT_TRUE(answer->delta);
  EXPECT_EQ(IntMember(answer->protocols.at(0), "minReaderVersion"), 3);
  EXPECT_EQ(TextMember(answer->metadata.at(0), "id"), "x");
  EXPECT_EQ(IntMember(answer->metadata_lines.at(0), "version"), 4);
  EXPECT_EQ(answer->files.at(0).url, "http://a");
  EXPECT_EQ(answer->files.at(0).id, "1");
  EXPECT_EQ(answer->files.at(1).action, "remove");
}

TEST(TableAnswer, BrokenLinesAreNamed) {
  for (const char* body :
       {"{}\n", "{\"file\":{},\"add\":{}}\n", "[]\n", "{\"file\":1}\n", "{\"nosuch\":{}}\n",
        "{\"file\":{\"deltaSingleAction\":{\"x\":{}}}}\n"}) {
    EXPECT_THAT(ReadTableAnswer(body), IsError(Code::kInvalidArgument, "line 1")) << body;
  }
}

}  // namespace
}  // namespace sluice::conformance
