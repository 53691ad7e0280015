// sharing/capabilities.h -- what a client says it can read, and which format it gets.
//
// Source: Delta Sharing PROTOCOL.md, "Delta Sharing Capabilities Header", "File ID Hash Header".
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/snapshot.h"
#include "net/http.h"

namespace sluice::sharing {

enum class Format { kParquet, kDelta };
std::string_view FormatName(Format format);

struct Capabilities {
  bool parquet = true;  // formats the client reads; without a header: parquet alone
  bool delta = false;
  std::set<std::string> reader_features;  // lower case
  bool end_stream_action = false;
  bool async_query = false;
  std::optional<Format> file_id_hash;

  bool Reads(std::string_view feature) const;
};

// From the headers `delta-sharing-capabilities` and `fileidhash`. Keys and values compare without
// regard to case; what is not known is passed over, as the protocol grows.
// Errors: kInvalidArgument  a fileidhash that is neither parquet nor delta
Result<Capabilities> ParseCapabilities(const net::Headers& headers);

// The format of an answer about what has these features, or why there is none: parquet alone was
// asked for and it uses a feature that parquet answers cannot carry; or the client reads delta but
// did not announce deletion vectors or column mapping where there are some. Errors: kUnsupported,
// naming the features
Result<Format> ChooseFormat(const Capabilities& capabilities,
                            const delta::AdvancedFeatures& advanced);

// The headers that tell the client what it got.
void AddFormatHeaders(const Capabilities& capabilities, Format format, bool end_stream_action,
                      net::Response& response);
// The one that tells which ids the files will have, if the client said.
void AddFileIdHeader(const Capabilities& capabilities, net::Response& response);

}  // namespace sluice::sharing
