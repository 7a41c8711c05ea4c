#include "cli/delivery_filter.h"

#include <CLI/CLI.hpp>

namespace windrow::cli {

void AddDeliveryFilter(CLI::App* app, FilterFlags* filter) {
  AddFilterText(app, "--webhook", "webhook_id", "a webhook's id", filter);
  app->add_option_function<std::string>(
         "--state",
         [filter](const std::string& state) {
           filter->terms.push_back("state = " + state);
         },
         "OPEN, PENDING, IN_FLIGHT, RETRYING, SUCCEEDED, FAILED or CANCELLED")
      ->transform(CLI::IsMember({"OPEN", "PENDING", "IN_FLIGHT", "RETRYING", "SUCCEEDED",
                                 "FAILED", "CANCELLED"},
                                CLI::ignore_case))
      ->type_name("STATE");
  AddFilterText(app, "--event-type", "event_type", "an event type", filter);
  AddFilterText(app, "--object-id", "object_id", "an object", filter);
  AddFilterTimes(app, "create_time", filter);
  AddFilter(app, "'state = FAILED AND status_code >= 500'", filter);
}

}  // namespace windrow::cli
