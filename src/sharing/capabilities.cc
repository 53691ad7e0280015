#include "sharing/capabilities.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/encoding.h"
#include "sharing/errors.h"

namespace sluice::sharing {
namespace {

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `each` with the trimmed, non-empty parts of `text` between `separator`s.
template <class Each>
void Split(std::string_view text, char separator, Each&& each) {
  while (!text.empty()) {
    const size_t end = text.find(separator);
    const std::string_view part = Trimmed(text.substr(0, end));
    if (!part.empty()) each(part);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

void ReadFormats(std::string_view values, Capabilities& capabilities) {
  bool parquet = false;
  bool delta = false;
  Split(values, ',', [&](std::string_view value) {
    if (value == "parquet") parquet = true;
    if (value == "delta") delta = true;
  });
  // A client that names no format we know gets the protocol's default.
  if (!parquet && !delta) return;
  capabilities.parquet = parquet;
  capabilities.delta = delta;
}

void ReadCapability(std::string_view capability, Capabilities& capabilities) {
  const size_t equals = capability.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view key = Trimmed(capability.substr(0, equals));
  const std::string_view values = Trimmed(capability.substr(equals + 1));
  if (key == "responseformat") {
    ReadFormats(values, capabilities);
  } else if (key == "readerfeatures") {
    Split(values, ',', [&](std::string_view v) { capabilities.reader_features.emplace(v); });
  } else if (key == "includeendstreamaction") {
    capabilities.end_stream_action = values == "true";
  } else if (key == "asyncquery") {
    capabilities.async_query = values == "true";
  }
}

}  // namespace

std::string_view FormatName(Format format) {
  return format == Format::kDelta ? "delta" : "parquet";
}

bool Capabilities::Reads(std::string_view feature) const {
  return reader_features.contains(AsciiLower(feature));
}

Result<Capabilities> ParseCapabilities(const net::Headers& headers) {
  Capabilities capabilities;
  if (const auto header = headers.Find("delta-sharing-capabilities")) {
    const std::string text = AsciiLower(*header);
    Split(text, ';', [&](std::string_view part) { ReadCapability(part, capabilities); });
  }
  if (const auto header = headers.Find("fileidhash")) {
    const std::string value = AsciiLower(Trimmed(*header));
    if (value != "parquet" && value != "delta") {
      return InvalidParameter(
          fmt::format("Unsupported fileidhash: '{}'. Supported: parquet, delta", *header));
    }
    capabilities.file_id_hash = value == "delta" ? Format::kDelta : Format::kParquet;
  }
  return capabilities;
}

Result<Format> ChooseFormat(const Capabilities& capabilities,
                            const delta::AdvancedFeatures& advanced) {
  if (capabilities.parquet && !advanced.any()) return Format::kParquet;
  if (!capabilities.delta) {
    return Fail(Code::kUnsupported,
                fmt::format("This version of the table uses {}, which the response format parquet "
                            "cannot carry. Ask for responseformat=delta in the header "
                            "delta-sharing-capabilities, or use a newer client.",
                            fmt::join(advanced.Names(), ", ")));
  }
  std::vector<std::string_view> missing;
  if (advanced.deletion_vectors && !capabilities.Reads("deletionVectors")) {
    missing.emplace_back("deletionVectors");
  }
  if (advanced.column_mapping && !capabilities.Reads("columnMapping")) {
    missing.emplace_back("columnMapping");
  }
  if (!missing.empty()) {
    return Fail(Code::kUnsupported,
                fmt::format("This version of the table uses {}, which the client did not name in "
                            "readerfeatures of the header delta-sharing-capabilities.",
                            fmt::join(missing, ", ")));
  }
  return Format::kDelta;
}

void AddFormatHeaders(const Capabilities& capabilities, Format format, bool end_stream_action,
                      net::Response& response) {
  std::string value = fmt::format("responseformat={}", FormatName(format));
  if (end_stream_action) value += ";includeendstreamaction=true";
  response.headers.Add("delta-sharing-capabilities", std::move(value));
  AddFileIdHeader(capabilities, response);
}

void AddFileIdHeader(const Capabilities& capabilities, net::Response& response) {
  if (capabilities.file_id_hash) {
    response.headers.Add("fileidhash", std::string(FormatName(*capabilities.file_id_hash)));
  }
}

}  // namespace sluice::sharing
