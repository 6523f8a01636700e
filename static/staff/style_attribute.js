/* A style that a script sets is allowed by our content security policy as a property, not as an attribute.

   The theme's scripts write `setAttribute("style", …)` in some places; it means the same as `element.style`, and so it
   is made that. Markup that comes with a style attribute stays without it. */
(() => {
  "use strict";

  const setAttribute = Element.prototype.setAttribute;

  Element.prototype.setAttribute = function set(name, value) {
    if (String(name).toLowerCase() === "style" && this.style) this.style.cssText = value;
    else Reflect.apply(setAttribute, this, [name, value]);
  };
})();
