// Our own file links: a forged one is refused, and any file name comes back from its link.
#include "sharing/file_link.h"

#include <string>

#include "fuzz.h"

using sluice::fuzz::Require;
using sluice::sharing::LinkGrant;
using sluice::sharing::LinkKey;
using sluice::sharing::LinkWriter;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const LinkKey key("0123456789abcdef0123456789abcdef");
  static const std::string base = "http://127.0.0.1/delta-sharing";
  const std::string_view bytes = sluice::fuzz::View(data, size);

  const size_t middle = bytes.find('\n');
  if (middle != std::string_view::npos) {
    Require(!key.Verify(bytes.substr(0, middle), bytes.substr(middle + 1)).has_value());
  }

  LinkGrant grant;
  grant.principal = "p";
  grant.object = std::string(bytes.substr(0, bytes.size() / 2));
  grant.lifetime = std::chrono::seconds(900);
  const std::string_view file = bytes.substr(bytes.size() / 2);
  std::string link;
  LinkWriter(key, grant, base).Append(file, size, ".parquet", link);

  const std::string files = base + "/files/";
  const std::string parameter = "?X-Databricks-Signature=";
  Require(link.starts_with(files));
  const size_t payload_end = link.find('/', files.size());
  const size_t signature = link.find(parameter);
  Require(payload_end != std::string::npos && signature != std::string::npos);
  const auto target = key.Verify(link.substr(files.size(), payload_end - files.size()),
                                 link.substr(signature + parameter.size()));
  Require(target.has_value() && target->file == file && target->grant.object == grant.object &&
          target->location.empty() && target->size == size);
  return 0;
}
