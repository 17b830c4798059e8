// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

// What charts are drawn with. Colours are the page's: see its style sheet.
namespace report::svg {

/// Text as it may stand in HTML and in its attributes.
inline std::string escaped(std::string_view text) {
    std::string out;
    for (char const c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

/// A number with so many decimals.
inline std::string digits(double x, int decimals = 1) {
    char text[400];
    return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.*f", decimals, x))};
}

/// From numbers to places: linear; all in the middle where there is only one number.
struct scale {
    double from, to;    // numbers
    double start, end;  // places
    [[nodiscard]] double operator()(double x) const {
        return to > from ? start + (x - from) / (to - from) * (end - start) : (start + end) / 2;
    }
};

/// Round numbers from 0 to at least `most`, some five of them; to 1 where that is next to nothing.
inline std::vector<double> ticks(double most) {
    if (!(most > 1e-3)) return {0, 1};
    double const rough = most / 4, power = std::pow(10, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (double const s : {1.0, 2.0, 2.5, 5.0})
        if (s * power >= rough) {
            step = s * power;
            break;
        }
    std::vector<double> all;
    for (int n = 0; all.empty() || all.back() < most; ++n) all.push_back(n * step);
    return all;
}

/// A drawing with a title and a description, which a screen reader reads.
class drawing {
public:
    drawing(std::string id, double width, double height, std::string const& title,
            std::string const& description) {
        // Where it is too wide for the screen it scrolls, by keys too.
        add({"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", escaped(title),
             "\"><svg role=\"img\" viewBox=\"0 0 ", digits(width, 0), " ", digits(height, 0),
             "\" aria-labelledby=\"", id, "-t ", id, "-d\"><title id=\"", id, "-t\">",
             escaped(title), "</title><desc id=\"", id, "-d\">", escaped(description),
             "</desc>\n"});
    }
    void line(char const* style, double x1, double y1, double x2, double y2) {
        open("line", style);
        at("x1", x1), at("y1", y1), at("x2", x2), at("y2", y2);
        add({"/>\n"});
    }
    void rect(char const* style, double x, double y, double w, double h, double opacity = 1,
              std::string const& title = {}) {
        open("rect", style);
        at("x", x), at("y", y), at("width", w), at("height", h);
        if (opacity < 1) add({" fill-opacity=\"", digits(opacity, 2), "\""});
        close("rect", title);
    }
    void circle(char const* style, double x, double y, double r, std::string const& title = {}) {
        open("circle", style);
        at("cx", x), at("cy", y), at("r", r);
        close("circle", title);
    }
    struct point {
        double x, y;
    };
    void path(char const* style, std::vector<point> const& points, bool closed = false) {
        open("path", style);
        add({" d=\""});
        for (std::size_t n = 0; n < points.size(); ++n)
            add({n == 0 ? "M" : "L", digits(points[n].x), " ", digits(points[n].y)});
        add({closed ? "Z\"/>\n" : "\"/>\n"});
    }
    void label(char const* anchor, double x, double y, std::string const& what) {
        add({"<text text-anchor=\"", anchor, "\""});
        at("x", x), at("y", y);
        add({">", escaped(what), "</text>\n"});
    }
    [[nodiscard]] std::string done() const { return text_ + "</svg></div>\n"; }

private:
    void add(std::initializer_list<std::string_view> parts) {
        for (auto const part : parts) text_ += part;
    }
    void open(char const* element, char const* style) {
        add({"<", element, " class=\"", style, "\""});
    }
    void close(char const* element, std::string const& title) {
        if (title.empty()) add({"/>\n"});
        else add({"><title>", escaped(title), "</title></", element, ">\n"});
    }
    void at(char const* name, double x) { add({" ", name, "=\"", digits(x), "\""}); }

    std::string text_;
};

}  // namespace report::svg
