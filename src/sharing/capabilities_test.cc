#include "sharing/capabilities.h"

#include "base/testing/matchers.h"

namespace sluice::sharing {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOkAnd;

Capabilities Parse(std::string value) {
  net::Headers headers;
  headers.Add("Delta-Sharing-Capabilities", std::move(value));
  const Result<Capabilities> capabilities = ParseCapabilities(headers);
  EXPECT_TRUE(capabilities.has_value());
  return *capabilities;
}

TEST(Capabilities, NoHeaderMeansParquet) {
  const Result<Capabilities> capabilities = ParseCapabilities({});
  ASSERT_TRUE(capabilities.has_value());
  EXPECT_TRUE(capabilities->parquet);
  EXPECT_FALSE(capabilities->delta);
  EXPECT_FALSE(capabilities->end_stream_action);
}

TEST(Capabilities, KeysAndValuesIgnoreCaseAndSpaces) {
  const Capabilities c = Parse(
      " ResponseFormat = Delta , PARQUET ; readerfeatures=deletionVectors,ColumnMapping;"
      "IncludeEndStreamAction=TRUE;AsyncQuery=True;unknown=1;;=");
  EXPECT_TRUE(c.parquet);
  EXPECT_TRUE(c.delta);
  EXPECT_TRUE(c.Reads("deletionVectors"));
  EXPECT_TRUE(c.Reads("columnMapping"));
  EXPECT_FALSE(c.Reads("timestampNtz"));
  EXPECT_TRUE(c.end_stream_action);
  EXPECT_TRUE(c.async_query);
  EXPECT_FALSE(Parse("asyncquery=false").async_query);
}

TEST(Capabilities, OneFormatMustBeObeyed) {
  const Capabilities c = Parse("responseformat=delta");
  EXPECT_FALSE(c.parquet);
  EXPECT_TRUE(c.delta);
}

TEST(Capabilities, AFormatNobodyKnowsMeansTheDefault) {
  const Capabilities c = Parse("responseformat=bogus");
  EXPECT_TRUE(c.parquet);
  EXPECT_FALSE(c.delta);
}

TEST(Capabilities, FileIdHashIsCheckedAndEchoed) {
  net::Headers headers;
  headers.Add("fileidhash", "DELTA");
  const Result<Capabilities> c = ParseCapabilities(headers);
  ASSERT_TRUE(c.has_value());
  net::Response response;
  AddFormatHeaders(*c, Format::kParquet, true, response);
  EXPECT_EQ(response.headers.Find("fileidhash"), "delta");
  EXPECT_EQ(response.headers.Find("delta-sharing-capabilities"),
            "responseformat=parquet;includeendstreamaction=true");
  headers.Set("fileidhash", "foo");
  EXPECT_THAT(ParseCapabilities(headers), IsError(Code::kInvalidArgument, "'foo'"));
}

TEST(ChooseFormat, AListGetsParquetUnlessTheVersionUsesMore) {
  delta::AdvancedFeatures plain;
  EXPECT_THAT(ChooseFormat(Parse("responseformat=delta,parquet"), plain),
              IsOkAnd(Format::kParquet));
  EXPECT_THAT(ChooseFormat(Parse("responseformat=delta"), plain), IsOkAnd(Format::kDelta));
  delta::AdvancedFeatures ntz;
  ntz.timestamp_ntz = true;
  EXPECT_THAT(ChooseFormat(Parse("responseformat=delta,parquet"), ntz), IsOkAnd(Format::kDelta));
  EXPECT_THAT(ChooseFormat(Parse("responseformat=parquet"), ntz),
              IsError(Code::kUnsupported, "timestampNtz"));
}

TEST(ChooseFormat, DeletionVectorsAndColumnMappingNeedTheirAnnouncement) {
  delta::AdvancedFeatures both;
  both.deletion_vectors = true;
  both.column_mapping = true;
  EXPECT_THAT(ChooseFormat(Parse("responseformat=delta;readerfeatures=deletionvectors"), both),
              IsError(Code::kUnsupported, "columnMapping"));
  EXPECT_THAT(ChooseFormat(Parse("responseformat=delta"), both),
              IsError(Code::kUnsupported, "deletionVectors, columnMapping"));
  EXPECT_THAT(ChooseFormat(
                  Parse("responseformat=delta;readerfeatures=deletionvectors,columnmapping"), both),
              IsOkAnd(Format::kDelta));
}

}  // namespace
}  // namespace sluice::sharing
