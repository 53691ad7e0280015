// delta/table_features.h -- which tables this reader may read, and what is told about them.
//
// Source: Delta PROTOCOL.md, "Table Features", "Valid Feature Names in Table Features";
// docs/decisions "Which features go to whom".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

// Refuses tables that cannot be read rightly: an unknown reader version, or a reader feature that
// this reader does not have, by name. Writer-only features are no obstacle.
// Errors: kUnsupported  message: "... requires the Delta reader feature 'x', ..."
//         kCorrupt      the lists of features do not fit the versions, or each other
Status CheckReadable(const Protocol& protocol);

// What makes a version of a table impossible to hand out in the sharing protocol's parquet format;
// empty: nothing. Feature names as they stand in the Delta protocol, e.g. "deletionVectors".
struct AdvancedFeatures {
  bool deletion_vectors = false;  // a live one in this version
  bool column_mapping = false;    // mode name or id
  bool timestamp_ntz = false;     // a column of that type
  bool variant = false;
  bool type_widening = false;  // a column was widened
  std::vector<std::string_view> Names() const;
  bool any() const;
};

// A protocol that is enough to read what was written under either.
Protocol Covering(const Protocol& a, const Protocol& b);

// The protocol as recipients get it: log-only features (v2Checkpoint, vacuumProtocolCheck,
// inCommitTimestamp, domainMetadata, clustering ...) are taken out.
Protocol ServedProtocol(const Protocol& protocol);

}  // namespace sluice::delta
