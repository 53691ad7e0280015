// Percent-encoding and base64url: decoding never reads outside, and undoes encoding.
#include "base/encoding.h"
#include "fuzz.h"

using sluice::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = sluice::fuzz::View(data, size);

  sluice::IgnoreError(sluice::PercentDecode(bytes), "any bytes are allowed to be wrong");
  const auto percent = sluice::PercentDecode(sluice::PercentEncode(bytes));
  Require(percent.has_value() && *percent == bytes);

  sluice::IgnoreError(sluice::DecodeBase64Url(bytes), "any bytes are allowed to be wrong");
  const auto base64 = sluice::DecodeBase64Url(sluice::Base64Url(bytes));
  Require(base64.has_value() && *base64 == bytes);
  return 0;
}
