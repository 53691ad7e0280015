// Lists of networks as people write them: what parses is written to a text that parses to the same
// networks, and each network holds its own first address.
#include "base/ip_network.h"

#include "fuzz.h"

using sluice::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto networks = sluice::ParseIpNetworks(sluice::fuzz::View(data, size));
  if (!networks) return 0;
  Require(!networks->empty() && networks->size() <= sluice::kMostNetworks);
  std::string again;
  for (const sluice::IpNetwork& network : *networks) {
    const std::string text = network.Text();
    const auto first = sluice::IpAddress::Parse(text.substr(0, text.find('/')));
    Require(first.has_value() && network.Contains(*first));
    Require(sluice::ContainsAddress(*networks, *first));
    again += text + "; ";
  }
  const auto parsed = sluice::ParseIpNetworks(again);
  Require(parsed.has_value() && *parsed == *networks);
  const sluice::IpList nobody{*networks, *networks};
  const auto own = sluice::IpAddress::Parse(again.substr(0, again.find_first_of("/;")));
  Require(own.has_value() && !nobody.Allows(*own));
  return 0;
}
