#include "storage/s3/endpoint.h"

#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using Addressing = S3Options::Addressing;

// "https://host/before-keys".
std::string Url(const S3Options& options, std::string_view region, std::string_view bucket) {
  const auto endpoint = EndpointOf(options, region, bucket);
  return endpoint.has_value() ? endpoint->origin() + endpoint->bucket_path
                              : "error: " + endpoint.error().message;
}

TEST(EndpointOf, AmazonsHosts) {
  EXPECT_EQ(Url({}, "us-east-1", "lake"), "https://lake.s3.us-east-1.amazonaws.com/");
  EXPECT_EQ(Url({}, "eu-central-1", "my.lake"), "https://s3.eu-central-1.amazonaws.com/my.lake/");
  EXPECT_EQ(Url({}, "eu-central-1", "Old_Bucket"),
            "https://s3.eu-central-1.amazonaws.com/Old_Bucket/");
  EXPECT_EQ(Url({}, "cn-north-1", "lake"), "https://lake.s3.cn-north-1.amazonaws.com.cn/");
  EXPECT_EQ(Url({}, "us-gov-west-1", "lake"), "https://lake.s3.us-gov-west-1.amazonaws.com/");
  EXPECT_EQ(Url({}, "us-iso-east-1", "lake"), "https://lake.s3.us-iso-east-1.c2s.ic.gov/");
  EXPECT_EQ(Url({}, "us-isob-east-1", "lake"), "https://lake.s3.us-isob-east-1.sc2s.sgov.gov/");
}

TEST(EndpointOf, FipsAndDualStack) {
  S3Options options;
  options.dual_stack = true;
  EXPECT_EQ(Url(options, "us-east-2", "lake"),
            "https://lake.s3.dualstack.us-east-2.amazonaws.com/");
  options.fips = true;
  EXPECT_EQ(Url(options, "us-gov-east-1", "lake"),
            "https://lake.s3-fips.dualstack.us-gov-east-1.amazonaws.com/");
  options.dual_stack = false;
  options.addressing = Addressing::kPath;
  EXPECT_EQ(Url(options, "us-gov-east-1", "lake"),
            "https://s3-fips.us-gov-east-1.amazonaws.com/lake/");
  options.endpoint = "https://minio:9000";
  EXPECT_THAT(EndpointOf(options, "us-east-1", "lake"), IsError(Code::kInvalidArgument, "FIPS"));
}

TEST(EndpointOf, CustomEndpointsAreByPathUnlessAskedOtherwise) {
  S3Options options;
  options.endpoint = "http://Minio.example.com:9000/";
  EXPECT_EQ(Url(options, "any", "lake"), "http://minio.example.com:9000/lake/");
  options.addressing = Addressing::kVirtualHost;
  EXPECT_EQ(Url(options, "any", "lake"), "http://lake.minio.example.com:9000/");
  EXPECT_EQ(Url(options, "any", "a.b"), "http://a.b.minio.example.com:9000/");
  options.endpoint = "https://minio.example.com";
  EXPECT_EQ(Url(options, "any", "a.b"), "https://minio.example.com/a.b/")
      << "no certificate covers two levels";
  options.addressing = Addressing::kAuto;
  options.endpoint = "https://minio.example.com:443";
  EXPECT_EQ(Url(options, "any", "lake"), "https://minio.example.com/lake/");
  options.endpoint = "http://[::1]:80";
  EXPECT_EQ(Url(options, "any", "lake"), "http://[::1]/lake/");
}

TEST(EndpointOf, RefusesWhatIsNoEndpoint) {
  for (const std::string endpoint : {"minio:9000", "ftp://minio", "https://", "https://host/path",
                                     "https://u:p@host", "https://host?x", "https://ho st"}) {
    S3Options options;
    options.endpoint = endpoint;
    EXPECT_THAT(EndpointOf(options, "us-east-1", "lake"), IsError(Code::kInvalidArgument))
        << endpoint;
  }
  for (const std::string_view region : {"", "-x", "a.evil.com/", "US-EAST-1", "a b"}) {
    EXPECT_THAT(EndpointOf({}, region, "lake"), IsError(Code::kInvalidArgument)) << region;
  }
}

}  // namespace
}  // namespace sluice::storage
