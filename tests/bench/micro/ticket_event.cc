#include "tests/bench/micro/ticket_event.h"

#include <fmt/format.h>

namespace windrow::bench {
namespace {

constexpr std::size_t kObjectBytes = 10'240;

std::string Ticket(std::string_view status, std::string_view team) {
  std::string json = fmt::format(
      R"({{"id":2114,"summary":"Printer on floor 3 \"jams\"","status":{},"team":{},)"
      R"("price":1249.90,"tags":["VIP","eu","hardware"],"closed":null)",
      status, team);
  for (int i = 0; i < 120; ++i) {
    switch (i % 4) {
      case 0:
        json += fmt::format(",\"custom_number_{}\":{}.5", i, i * 37);
        break;
      case 1:
        json += fmt::format(",\"custom_text_{}\":\"value of field {}\"", i, i);
        break;
      case 2:
        json += fmt::format(",\"custom_choice_{}\":{{\"id\":{},\"name\":\"Choice {}\"}}",
                            i, i, i);
        break;
      default:
        json += fmt::format(",\"custom_list_{}\":[{{\"id\":1,\"at\":[1,2]}},{}]", i, i);
    }
  }
  json += ",\"details\":\"";
  while (json.size() < kObjectBytes - 2) {
    json += "The tray was emptied, and it still jams.\\n";
  }
  return json.substr(0, kObjectBytes - 4) + "..\"}";
}

}  // namespace

domain::EventView TicketEvent::View() const {
  domain::EventView event;
  event.escmsg_id = 5'000;
  event.type = "ticket.updated";
  event.object_type = "ticket";
  event.object_id = "2114";
  event.agent_id = "42";
  event.occurred_at = absl::FromUnixMillis(1'795'600'800'123);
  event.object = object;
  event.action = action;
  return event;
}

TicketEvent MakeTicketEvent() {
  return {
      .object = Ticket(R"({"id":9,"name":"Closed"})", R"({"id":3,"name":"3rd line"})"),
      .previous = Ticket(R"({"id":1,"name":"New"})", R"({"id":1,"name":"1st line"})"),
      .action = R"({"id":7,"outcome":"Note","note":"Called back"})"};
}

}  // namespace windrow::bench
