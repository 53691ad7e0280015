#include "unity/query_params.h"

#include <charconv>

#include "base/encoding.h"
#include "catalog/errors.h"

namespace sluice::unity {

Result<std::optional<int64_t>> NumberParam(const net::Request& request, std::string_view name) {
  const auto text = request.query.Find(name);
  if (!text || text->empty()) return std::nullopt;
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (failure != std::errc() || end != text->data() + text->size() || number < 0) {
    return catalog::InvalidParameter(std::string(name) +
                                     " must be a whole number that is not negative.");
  }
  return number;
}

std::string TextParam(const net::Request& request, std::string_view name) {
  return std::string(request.query.Find(name).value_or(""));
}

Result<bool> FlagParam(const net::Request& request, std::string_view name) {
  const std::string text = AsciiLower(TextParam(request, name));
  if (text.empty() || text == "false") return false;
  if (text == "true") return true;
  return catalog::InvalidParameter(std::string(name) + " must be true or false.");
}

}  // namespace sluice::unity
