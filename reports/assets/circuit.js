// The circuit's slider.
'use strict';
