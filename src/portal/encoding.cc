#include "portal/encoding.h"

#include <algorithm>
#include <optional>

#include "base/encoding.h"

namespace sluice::portal {
namespace {

std::string_view Trim(std::string_view text) {
  const size_t from = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(from);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// The part in front of the next `mark`, without spaces around; both go from `rest`.
std::string_view TakePart(std::string_view& rest, char mark) {
  const size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view part = Trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// "q=0", "q=0.0" and so on; what is no weight counts as one.
bool IsZeroWeight(std::string_view parameter) {
  if (parameter.size() < 3 || !EqualsIgnoreCase(parameter.substr(0, 2), "q=")) return false;
  return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool Accepts(std::string_view accept_encoding, std::string_view coding) {
  std::optional<bool> any;
  while (!accept_encoding.empty()) {
    std::string_view entry = TakePart(accept_encoding, ',');
    const std::string_view name = TakePart(entry, ';');
    bool wanted = true;
    while (!entry.empty()) wanted = !IsZeroWeight(TakePart(entry, ';')) && wanted;
    if (EqualsIgnoreCase(name, coding)) return wanted;
    if (name == "*") any = wanted;
  }
  return any.value_or(false);
}

bool HasTag(std::string_view if_none_match, std::string_view etag) {
  const auto strong = [](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag;
  };
  while (!if_none_match.empty()) {
    const std::string_view tag = TakePart(if_none_match, ',');
    if (tag == "*" || strong(tag) == strong(etag)) return true;
  }
  return false;
}

}  // namespace sluice::portal
