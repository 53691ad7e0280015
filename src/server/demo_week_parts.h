// server/demo_week_parts.h -- what the plan of the demo's week is put together from.
#pragma once

#include <vector>

#include "server/demo_week.h"

namespace sluice::server {

// Reads as each company is used to make them, between `begin` and `now`; in no order.
std::vector<DemoAct> DemoReads(TimePoint begin, TimePoint now);

// What happens once: shares and recipients are made, links opened, tables written, access asked
// for, granted and taken back. In no order; some lie after `now`.
std::vector<DemoAct> DemoEvents(TimePoint begin, TimePoint now);

// When the access of tidewater-research is taken back, and the token of maple-street-media
// replaced.
inline constexpr std::chrono::hours kDemoRevoked{3 * 24 + 12};
inline constexpr std::chrono::hours kDemoRotated{3 * 24 + 15};
inline constexpr std::chrono::hours kDemoRotationGrace{24};
inline constexpr std::chrono::hours kDemoApproved{4 * 24 + 11};
inline constexpr std::chrono::hours kDemoDeliveries{2 * 24 + 10};

}  // namespace sluice::server
