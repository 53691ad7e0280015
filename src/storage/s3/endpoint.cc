#include "storage/s3/endpoint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"

namespace sluice::storage {
namespace {

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::unexpected<Error> Invalid(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

bool IsHostCharacter(char c) {
  return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._:[]").find(c) != std::string_view::npos;
}

Result<Origin> AmazonOrigin(const S3Options& options, std::string_view region) {
  if (!IsRegion(region)) return Invalid("the region of a store must be like 'eu-central-1'");
  Origin origin;
  origin.host = options.fips ? "s3-fips" : "s3";
  if (options.dual_stack) origin.host += ".dualstack";
  origin.host += '.';
  origin.host += region;
  origin.host += '.';
  origin.host += AmazonDomain(region);
  return origin;
}

}  // namespace

Result<Origin> ParseOrigin(std::string_view url) {
  Origin origin;
  if (url.starts_with("https://")) {
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
    origin.tls = false;
  } else {
    return Invalid("the endpoint of a store must begin with https:// or http://");
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  if (url.empty() || !std::ranges::all_of(url, IsHostCharacter)) {
    return Invalid(
        "the endpoint of a store must be scheme, host and port alone, like "
        "https://minio.example.com:9000");
  }
  const std::string_view default_port = origin.tls ? ":443" : ":80";
  if (url.ends_with(default_port)) url.remove_suffix(default_port.size());
  origin.host = AsciiLower(url);
  return origin;
}

bool IsRegion(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text,
                             [](char c) { return IsLowerOrDigit(c) || c == '-' || c == '_'; });
}

std::string_view AmazonDomain(std::string_view region) {
  // The partitions of Amazon's regions; GovCloud shares the first one's domain.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kPartitions = {{
      {"cn-", "amazonaws.com.cn"},
      {"us-iso-", "c2s.ic.gov"},
      {"us-isob-", "sc2s.sgov.gov"},
      {"us-isof-", "csp.hci.ic.gov"},
      {"eu-isoe-", "cloud.adc-e.uk"},
  }};
  for (const auto& [prefix, domain] : kPartitions) {
    if (region.starts_with(prefix)) return domain;
  }
  return "amazonaws.com";
}

bool IsHostLabel(std::string_view bucket) {
  return bucket.size() >= 3 && bucket.size() <= 63 && IsLowerOrDigit(bucket.front()) &&
         IsLowerOrDigit(bucket.back()) &&
         std::ranges::all_of(bucket, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

Result<S3Endpoint> EndpointOf(const S3Options& options, std::string_view region,
                              std::string_view bucket) {
  const bool custom = !options.endpoint.empty();
  if (custom && (options.fips || options.dual_stack)) {
    return Invalid(
        "FIPS and dual-stack are choices among Amazon's endpoints: leave them out where "
        "an endpoint is given");
  }
  Origin origin = custom ? TRY(ParseOrigin(options.endpoint)) : TRY(AmazonOrigin(options, region));
  // A certificate covers one level: a dot in the bucket's name would make two.
  const bool labels_fit = IsHostLabel(bucket);
  const bool in_host =
      options.addressing == S3Options::Addressing::kVirtualHost
          ? labels_fit || !origin.tls
          : options.addressing == S3Options::Addressing::kAuto && !custom && labels_fit;
  S3Endpoint endpoint;
  endpoint.tls = origin.tls;
  if (in_host) {
    endpoint.host = AsciiLower(bucket) + '.' + origin.host;
    endpoint.bucket_path = "/";
  } else {
    endpoint.host = std::move(origin.host);
    endpoint.bucket_path = '/' + PercentEncode(bucket) + '/';
  }
  return endpoint;
}

}  // namespace sluice::storage
