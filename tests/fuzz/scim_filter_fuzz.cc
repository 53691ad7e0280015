// SCIM filters and the paths of patches: whatever is parsed can be asked, is decided by the values
// alone, and is the opposite of its "not".
#include "unity/scim_filter.h"

#include "fuzz.h"

using sluice::fuzz::Require;

namespace {

sluice::Result<std::vector<std::string>> Values(std::string_view path) {
  if (path.size() % 3 == 0) return std::vector<std::string>{};
  return std::vector<std::string>{"ada@example.org", std::string(path)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sluice::fuzz::View(data, size);
  if (const auto path = sluice::unity::ParseScimPath(text)) {
    Require(!path->attribute.empty());
    if (path->filter) Require(path->filter->Matches(Values).has_value());
  }
  const auto filter = sluice::unity::ScimFilter::Parse(text);
  if (!filter) return 0;
  const auto fits = filter->Matches(Values);
  Require(fits.has_value() && *fits == *filter->Matches(Values));
  const auto opposite = sluice::unity::ScimFilter::Parse("not (" + std::string(text) + ")");
  // Only what is at its limits has none.
  if (opposite) Require(*opposite->Matches(Values) != *fits);
  return 0;
}
