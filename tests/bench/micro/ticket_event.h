// An update of a help desk's ticket, as the benches publish it.
#pragma once

#include <string>

#include "common/domain/payload.h"

namespace windrow::bench {

// An object of 10 KiB and some 130 fields: numbers, texts, single-selects, lists and a
// long description; `previous` is the same with another status and team.
struct TicketEvent {
  std::string object;
  std::string previous;
  std::string action;

  domain::EventView View() const;
};

TicketEvent MakeTicketEvent();

}  // namespace windrow::bench
