// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Dates of the Gregorian calendar.
library Calendar {
    /// @notice Seconds since 1970, and whether there is such a time from 1970 to 9999.
    function seconds1970(uint256 _year, uint256 _month, uint256 _day, uint256 _hour, uint256 _minute, uint256 _second)
        internal
        pure
        returns (uint64 ret_, bool valid_)
    {
        if (_year < 1970 || _year > 9999 || _month == 0 || _month > 12 || _day == 0) return (0, false);
        if (_hour > 23 || _minute > 59 || _second > 59 || _day > _daysIn(_year, _month)) return (0, false);
        unchecked {
            // Years begin in March here, so that the day of a leap year is the last.
            uint256 year = _month < 3 ? _year - 1 : _year;
            uint256 month = _month < 3 ? _month + 9 : _month - 3;
            uint256 day = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + _day;
            // 1970-01-01 is day 719,469 of this count.
            ret_ = uint64((day - 719_469) * 1 days + _hour * 1 hours + _minute * 1 minutes + _second);
        }
        valid_ = true;
    }

    function _daysIn(uint256 _year, uint256 _month) private pure returns (uint256) {
        if (_month == 2) return _year % 4 == 0 && (_year % 100 != 0 || _year % 400 == 0) ? 29 : 28;
        return _month == 4 || _month == 6 || _month == 9 || _month == 11 ? 30 : 31;
    }
}
